"""Answers as they are kept: nothing of them is lost, and the largest fits an item."""

import random
import string

from hypothesis import given
from hypothesis import strategies as st

from shared.flows.records import MAX_RECORD_BYTES
from shared.flows.source.reader import MAX_TEXT
from shared.idempotency.responses import StoredResponse
from shared.json_text import compact
from tests.support.examples import example

MAX_ITEM = 400 * 1024
REST_OF_AN_ITEM = 3 * 1024
TEXTS = st.text(alphabet=st.characters(codec="utf-8"))


@given(st.integers(200, 299), st.dictionaries(TEXTS, TEXTS), TEXTS)
def test_an_answer_is_unpacked_as_it_was_packed(
    status: int, headers: dict[str, str], body: str
) -> None:
    answer = StoredResponse(status, headers, body)

    assert StoredResponse.unpacked(answer.packed()) == answer


def test_the_answer_to_a_flow_of_the_readme_is_kept_in_less_than_a_kilobyte() -> None:
    body = compact({"yamlContent": example("paid-orders").text, "name": "paid-orders"})

    assert len(StoredResponse(201, {"ETag": '"1"'}, body).packed()) < 800


def test_the_largest_flow_there_can_be_is_kept_even_if_its_description_is_noise() -> None:
    noise = "".join(random.Random(1).choices(string.printable.strip(), k=MAX_TEXT))
    # As much as a record may hold: once from the text, or twice beside it.
    within = {"yamlContent": noise, "description": noise[:MAX_RECORD_BYTES]}
    beside = {"yamlContent": noise, "description": noise[::-1][: MAX_RECORD_BYTES // 2]}

    for body in (within, beside):
        answer = StoredResponse(201, {}, compact(body))
        assert len(answer.packed()) <= MAX_ITEM - REST_OF_AN_ITEM
        assert StoredResponse.unpacked(answer.packed()) == answer
