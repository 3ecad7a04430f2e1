"""Inputs too large for a row: two objects, the one with an address without any secret."""

import json
from datetime import timedelta
from typing import Any

import pytest

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
from shared.flows.language.definition import InputDefinition, InputType
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.executions.repository import NOW, execution_of
from tests.support.plans import plan_of, task

LARGE = "x" * INPUT_ROW_BYTES
TOKEN = InputDefinition(name="token", type=InputType.SECRET)
GIVEN = {"token": "tok-5ecret", "big": LARGE, "note": "with tok-5ecret", "n": 1}


def execution(given: dict[str, Any], **fields: Any) -> Execution:
    inputs = guarded_inputs([TOKEN], given)
    return execution_of(plan_of(task("a")), **inputs, **fields)


def reread(stored: Execution) -> Execution:
    return execution_from_item(execution_to_item(stored))


def test_large_inputs_come_back_whole() -> None:
    payloads, given = InMemoryPayloads(), execution(GIVEN)

    stored = reread(with_stored_inputs(payloads, given))

    assert (stored.inputs, stored.hidden_inputs) == (None, {})
    assert stored.secrets == {"token": "tok-5ecret"}
    assert read_inputs(stored, payloads) == GIVEN == dict(given.real_inputs)


def test_the_object_with_an_address_holds_no_secret() -> None:
    payloads = InMemoryPayloads()

    stored = with_inputs_url(payloads, with_stored_inputs(payloads, execution(GIVEN)))

    assert stored.stored_inputs
    assert stored.stored_hidden_inputs
    assert stored.inputs_url == payloads.url(stored.stored_inputs)
    shown = json.loads(payloads.texts[stored.stored_inputs.key])
    assert shown == {"token": "******", "big": LARGE, "note": "******", "n": 1}
    hidden = json.loads(payloads.texts[stored.stored_hidden_inputs.key])
    assert hidden == {"note": "with tok-5ecret"}
    assert "inputs" not in execution_to_item(stored)


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

    kept = with_stored_inputs(payloads, given)

    assert (kept.stored_inputs is not None) == is_stored == bool(payloads.texts)
    assert with_inputs_url(payloads, kept).inputs_url is not None or kept == given


def test_what_was_stored_before_is_the_same_object_again() -> None:
    payloads = InMemoryPayloads()

    once, again = (with_stored_inputs(payloads, execution(GIVEN)) for _ in range(2))

    assert once == again == with_stored_inputs(payloads, once)
    assert len(payloads.texts) == 2


def test_nothing_is_fetched_before_an_input_is_read() -> None:
    payloads = InMemoryPayloads()
    stored = with_stored_inputs(payloads, execution(GIVEN))

    inputs = inputs_of(stored, lambda each: json.loads(payloads.get(each)))

    assert payloads.reads == 0
    assert (inputs["n"], len(inputs), "big" in inputs) == (1, 4, True)
    assert sorted(inputs) == sorted(GIVEN)
    assert inputs_of(execution({"n": 1}), lambda _: None) == {"n": 1}


@pytest.mark.parametrize(("retention", "days"), [(3600, 1), (None, None), (86_400 * 20, 30)])
def test_the_objects_go_with_their_execution(retention: int | None, days: int | None) -> None:
    payloads = InMemoryPayloads()
    kept = with_stored_inputs(payloads, execution(GIVEN, retention_seconds=retention))

    expire_inputs(payloads, kept, NOW + timedelta(hours=1))

    assert payloads.days == (dict.fromkeys(payloads.texts, days) if days else {})


def test_inputs_that_are_elsewhere_are_not_taken_for_none() -> None:
    stored = with_stored_inputs(InMemoryPayloads(), execution(GIVEN))

    with pytest.raises(ValueError, match="not in the row"):
        assert stored.real_inputs
