"""Inputs too large for a row: two objects, the one with an address without any secret."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import ExecutionNotRetryableError
from shared.executions.models import Execution
from shared.executions.secrets import guarded_inputs
from shared.executions.store.inputs import (
    INPUT_ROW_BYTES,
    expire_inputs,
    inputs_of,
    read_inputs,
    with_inputs_url,
    with_stored_inputs,
)
from shared.executions.store.items import execution_from_item, execution_to_item
from shared.executions.store.sealed_inputs import InputOpener
from shared.flows.language.definition import InputDefinition, InputType
from shared.secrets.sealing import Sealer
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.executions.repository import NOW, execution_of
from tests.support.plans import plan_of, task
from tests.support.sealing import InMemoryKeys

LARGE = "x" * INPUT_ROW_BYTES
TOKEN = InputDefinition(name="token", type=InputType.SECRET)
SEALER = Sealer(InMemoryKeys())
GIVEN = {"token": "tok-5ecret", "big": LARGE, "note": "with tok-5ecret", "n": 1}


def execution(given: dict[str, Any], **fields: Any) -> Execution:
    inputs = guarded_inputs([TOKEN], given)
    return execution_of(plan_of(task("a")), **inputs, **fields)


def reread(stored: Execution) -> Execution:
    return execution_from_item(execution_to_item(stored))


def kept_in(payloads: InMemoryPayloads, given: Execution) -> Execution:
    return with_stored_inputs(payloads, SEALER, given)


def opened(execution: Execution, payloads: InMemoryPayloads) -> Execution:
    return InputOpener(SEALER, payloads).opened(execution)


@pytest.mark.parametrize("note", ["with tok-5ecret", f"{LARGE} tok-5ecret"])
def test_large_inputs_come_back_whole(note: str) -> None:
    payloads, given = InMemoryPayloads(), execution({**GIVEN, "note": note})

    stored = reread(kept_in(payloads, given))

    assert (stored.inputs, stored.secrets, stored.hidden_inputs) == (None, {}, {})
    assert read_inputs(opened(stored, payloads), payloads) == {**GIVEN, "note": note}
    assert opened(stored, payloads).secrets == {"token": "tok-5ecret"}


def test_the_object_with_an_address_holds_no_secret() -> None:
    payloads = InMemoryPayloads()

    stored = with_inputs_url(payloads, kept_in(payloads, execution(GIVEN)))

    assert stored.stored_inputs
    assert stored.inputs_url == payloads.url(stored.stored_inputs)
    shown = json.loads(payloads.texts[stored.stored_inputs.key])
    assert shown == {"token": "******", "big": LARGE, "note": "******", "n": 1}
    assert "inputs" not in execution_to_item(stored)
    assert "5ecret" not in str([payloads.texts, execution_to_item(stored)])


def test_what_is_secret_goes_to_an_object_only_if_it_is_large_by_itself() -> None:
    payloads = InMemoryPayloads()

    small = kept_in(payloads, execution({"token": "tok-5ecret", "big": LARGE}))
    [large] = kept_in(payloads, execution({"token": "t" * 9, "note": f"{'t' * 9} {LARGE}"})).sealed

    assert [each.stored for each in small.sealed] == [None]
    assert large.value is None
    assert large.stored
    assert large.stored.key.endswith(".sealed")


def test_a_retry_has_objects_of_its_own_and_the_same_bytes() -> None:
    payloads = InMemoryPayloads()
    source = kept_in(payloads, execution({"token": "t" * 9, "note": f"{'t' * 9} {LARGE}"}))
    retry = execution_of(plan_of(task("a")), id="other", sealed=source.sealed)

    [copy] = kept_in(payloads, retry).sealed

    [original] = source.sealed
    assert original.stored
    assert copy.stored
    assert copy.owner_id == original.owner_id
    assert "/other/" in copy.stored.key
    assert payloads.texts[copy.stored.key] == payloads.texts[original.stored.key]
    with pytest.raises(ExecutionNotRetryableError, match="inputs are gone"):
        kept_in(InMemoryPayloads(), retry)


@pytest.mark.parametrize(
    ("text", "is_stored"),
    [
        ("x" * (INPUT_ROW_BYTES - len('{"a":""}')), False),
        ("x" * (INPUT_ROW_BYTES - len('{"a":""}') + 1), True),
        ("é" * (INPUT_ROW_BYTES // 2), True),
    ],
)
def test_bytes_decide_whether_they_fit_the_row(text: str, *, is_stored: bool) -> None:
    payloads, given = InMemoryPayloads(), execution({"a": text})

    kept = kept_in(payloads, given)

    assert (kept.stored_inputs is not None) == is_stored == bool(payloads.texts)
    assert with_inputs_url(payloads, kept).inputs_url is not None or kept == given


def test_what_was_stored_before_is_the_same_object_again() -> None:
    payloads = InMemoryPayloads()

    once, again = (kept_in(payloads, execution(GIVEN)) for _ in range(2))

    assert once.stored_inputs == again.stored_inputs
    assert once == kept_in(payloads, once)
    assert len(payloads.texts) == 1


def test_nothing_is_fetched_before_an_input_is_read() -> None:
    payloads = InMemoryPayloads()
    stored = kept_in(payloads, execution(GIVEN))

    inputs = inputs_of(opened(stored, payloads), lambda each: json.loads(payloads.get(each)))

    assert payloads.reads == 0
    assert (inputs["n"], len(inputs), "big" in inputs) == (1, 4, True)
    assert sorted(inputs) == sorted(GIVEN)
    assert inputs_of(execution({"n": 1}), lambda _: None) == {"n": 1}


@pytest.mark.parametrize(("retention", "days"), [(3600, 1), (None, None), (86_400 * 20, 30)])
def test_the_objects_go_with_their_execution(retention: int | None, days: int | None) -> None:
    payloads = InMemoryPayloads()
    kept = kept_in(payloads, execution(GIVEN, retention_seconds=retention))

    expire_inputs(payloads, kept, NOW + timedelta(hours=1))

    assert payloads.days == (dict.fromkeys(payloads.texts, days) if days else {})


def test_inputs_that_are_elsewhere_are_not_taken_for_none() -> None:
    stored = kept_in(InMemoryPayloads(), execution(GIVEN))

    with pytest.raises(ValueError, match="not in the row"):
        assert stored.real_inputs
