"""The cost of masking is bounded, whatever texts and secrets are."""

from itertools import cycle, islice

import pytest

from tests.support.costs import MAX_COST, cost_of

MASK = """
import json, sys
from shared.masking import Masking
from tests.support.costs import measured
secrets, text = json.load(sys.stdin)
with measured():
    masking = Masking(secrets)
    masking.text(text)
    masking.quoted(text)
"""
MANY = """
import json, sys
from shared.masking import Masking
from shared.messages import Message
from tests.support.costs import measured
secrets, text = json.load(sys.stdin)
with measured():
    masking = Masking(secrets)
    masking.tree([text] * 50_000 + [secrets[0]])
    for _ in range(200):
        Message("{text}", text=text).shown(masking)
"""
ATOMS = ("\\", '"', "/", "%", "+", "n", "&#", "&#38;", "%25", "\\u005c", '\\"', "\\x5c", "\n")


def repeated(*atoms: str, size: int) -> str:
    return "".join(islice(cycle(atoms), size))[:size]


def test_a_secret_of_escapes_is_looked_for_in_others_without_delay() -> None:
    secret = '\\"' * 12 + "x"
    text = ("\\" * 15 + '"') * 12 + "y"

    assert cost_of(MASK, [[secret], text]) <= MAX_COST


def test_a_secret_of_quotes_alone_is_made_ready_without_delay() -> None:
    assert cost_of(MASK, [['"' * 190_000], '\\"' * 190_000]) <= MAX_COST


@pytest.mark.parametrize(
    "text", ['\\\\"%41&lt;', "bbbbbbbbb*****"], ids=["escapes", "masks that uncover a secret"]
)
def test_many_short_texts_and_messages_cost_no_more_than_a_long_one(text: str) -> None:
    lines = [f"{number:06}/k+y%{number:06}" for number in range(10_000)]
    secrets = ["\n".join(lines[at : at + 440]) for at in range(0, 10_000, 440)]

    assert cost_of(MANY, [[*secrets, "b*****"], text]) <= MAX_COST


@pytest.mark.proof
@pytest.mark.parametrize("first", ATOMS)
@pytest.mark.parametrize("second", ["", "\\", "%25", "n", "\n"])
def test_secrets_and_texts_of_escapes_cost_little(first: str, second: str) -> None:
    text = repeated(first, second, size=4096)
    secrets = [
        repeated(first, second, size=8000 + number) + f"{first}x{number}" for number in range(50)
    ]

    assert cost_of(MASK, [secrets, text]) <= MAX_COST
    assert cost_of(MASK, [[each[-4000:] for each in secrets], text * 4]) <= MAX_COST
    assert cost_of(MASK, [[each[-95:] for each in secrets], text * 4]) <= MAX_COST
