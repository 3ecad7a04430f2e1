"""Sealed inputs: what is secret is stored for its execution alone, and opened once in a process."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.errors import UnavailableError
from shared.executions.models import Execution, SealedInputs
from shared.executions.secrets import masking_of
from shared.executions.store.items import execution_from_item, execution_to_item
from shared.executions.store.sealed_inputs import (
    MAX_REMEMBERED,
    MAX_REMEMBERED_BYTES,
    InputOpener,
    with_sealed_inputs,
)
from shared.executions.task_runs import Stored
from shared.secrets.envelope import BrokenSealError
from shared.secrets.sealing import Sealer
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.executions.repository import execution_of
from tests.support.plans import plan_of, task
from tests.support.sealing import InMemoryKeys

PARTS: dict[str, Any] = {
    "secrets": {"pin": 1234, "token": "swördfish"},
    "hidden_inputs": {"note": ["a swördfish", 0.1]},
    "inherited_secrets": ("from above",),
}


def made(**fields: Any) -> Execution:
    return execution_of(plan_of(task("a")), **fields)


def parts_of(execution: Execution) -> dict[str, Any]:
    return {name: getattr(execution, name) for name in PARTS}


class World:
    """A key, what seals with it, and an opener as a fresh process has it."""

    def __init__(self) -> None:
        self.keys, self.payloads = InMemoryKeys(), InMemoryPayloads()
        self.sealer = Sealer(self.keys)
        self.opener = InputOpener(self.sealer, self.payloads)

    def stored(self, **fields: Any) -> Execution:
        sealed = with_sealed_inputs(self.sealer, made(**fields))
        return execution_from_item(execution_to_item(sealed))


def test_an_execution_without_secrets_asks_for_no_key():
    world = World()
    world.keys.is_away = True

    stored = world.stored(inputs={"n": 1})

    assert stored.sealed == ()
    assert world.opener.opened(stored) is stored
    assert (world.keys.wraps, world.keys.unwraps) == (0, 0)


@pytest.mark.parametrize("name", PARTS)
def test_all_that_is_secret_is_sealed_at_once_and_opens_as_it_was(name: str):
    world = World()
    for parts in (PARTS, {name: PARTS[name]}):
        world.keys.wraps = world.keys.unwraps = 0

        stored = world.stored(inputs={"note": "******"}, **parts)

        assert stored.inputs == {"note": "******"}
        assert not any(parts_of(stored).values())
        assert "swördfish" not in str(execution_to_item(stored))
        opened = world.opener.opened(stored)
        assert {k: v for k, v in parts_of(opened).items() if v} == parts
        assert (world.keys.wraps, world.keys.unwraps) == (1, 1)


def test_no_secret_is_ever_put_in_clear():
    for name, value in PARTS.items():
        with pytest.raises(ValueError, match="not sealed"):
            execution_to_item(made(**{name: value}))


def test_nothing_is_masked_or_read_by_who_has_not_opened_it():
    stored = World().stored(**PARTS)

    with pytest.raises(ValueError, match="sealed"):
        masking_of(stored)
    with pytest.raises(ValueError, match="sealed"):
        assert stored.real_inputs
    assert "swördfish" not in repr(stored)


def test_a_row_of_an_earlier_release_is_read_as_it_is():
    item = {
        **execution_to_item(made(inputs={"n": 1})),
        "secrets": '{"pin":1234,"token":"swördfish"}',
        "hiddenInputs": '{"note":["a swördfish",0.1]}',
        "inheritedSecrets": ["from above"],
        "storedHiddenInputs": {"key": "k", "size": 5},
    }

    read = World().opener.opened(execution_from_item(item))

    assert parts_of(read) == PARTS
    assert read.inputs == {"n": 1, "pin": "******", "token": "******", "note": "******"}
    assert read.stored_hidden_inputs == Stored(key="k", size=5)
    assert masking_of(read).text("the swördfish from above") == "the ****** ******"


def test_a_process_opens_a_value_once_and_forgets_the_oldest():
    world = World()
    executions = [world.stored(id=f"e{n}", **PARTS) for n in range(MAX_REMEMBERED + 1)]

    for each in (executions[0], executions[0], *executions):
        assert parts_of(world.opener.opened(each)) == PARTS

    assert world.keys.unwraps == MAX_REMEMBERED + 1
    world.opener.opened(executions[-1])
    assert world.keys.unwraps == MAX_REMEMBERED + 1
    world.opener.opened(executions[0])
    assert world.keys.unwraps == MAX_REMEMBERED + 2


def test_what_is_too_large_to_be_kept_is_opened_each_time():
    world = World()
    stored = world.stored(hidden_inputs={"note": "x" * MAX_REMEMBERED_BYTES})

    for _ in range(2):
        assert world.opener.opened(stored).hidden_inputs

    assert world.keys.unwraps == 2


def test_what_was_opened_for_one_is_not_found_by_another():
    world = World()
    stored = world.stored(**PARTS)
    world.opener.opened(stored)
    [mine] = stored.sealed
    others = [
        stored.model_copy(update={"tenant": "other"}),
        stored.model_copy(update={"sealed": (mine.model_copy(update={"owner_id": "x"}),)}),
        stored.model_copy(update={"sealed": (mine.model_copy(update={"value": b"x"}),)}),
    ]

    for other in others:
        with pytest.raises(BrokenSealError):
            world.opener.opened(other)


def test_several_values_are_one():
    world = World()
    first = world.stored(secrets={"a": "one"}, inherited_secrets=("x", "y"))
    second = made(id="retry", secrets={"b": "two"}, inherited_secrets=("y",), sealed=first.sealed)

    opened = world.opener.opened(with_sealed_inputs(world.sealer, second))

    assert opened.secrets == {"a": "one", "b": "two"}
    assert opened.inherited_secrets == ("x", "y")
    assert [each.owner_id for each in opened.sealed] == [first.id, "retry"]


def test_an_object_that_is_gone_never_opens_and_one_out_of_reach_may():
    world = World()
    stored = made(sealed=(SealedInputs(owner_id="e", stored=Stored(key="k", size=1)),))
    away = [
        EndpointConnectionError(endpoint_url="x"),
        ClientError({"Error": {"Code": "SlowDown"}}, "GetObject"),
    ]
    for error in away:
        world.payloads.errors = [error]
        with pytest.raises(UnavailableError):
            world.opener.opened(stored)

    with pytest.raises(BrokenSealError):
        world.opener.opened(stored)


def test_who_is_out_of_reach_is_asked_again():
    world = World()
    stored = world.stored(**PARTS)
    world.keys.is_away = True
    with pytest.raises(UnavailableError):
        world.opener.opened(stored)
    with pytest.raises(UnavailableError):
        with_sealed_inputs(world.sealer, made(**PARTS))

    world.keys.is_away = False

    assert parts_of(world.opener.opened(stored)) == PARTS
