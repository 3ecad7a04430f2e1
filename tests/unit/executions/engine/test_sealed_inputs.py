"""Turns and sealed inputs: opened once, waited for while out of reach, never run without."""

from datetime import timedelta
from typing import Any

import pytest

from shared.executions.engine.patience import LONGEST_PAUSE, PATIENCE, SHORTEST_PAUSE
from shared.executions.models import SealedInputs, Status, TerminationReason
from shared.executions.secrets import guarded_inputs
from shared.executions.store.sealed_inputs import InputOpener, with_sealed_inputs
from shared.flows.language.definition import InputDefinition, InputType
from shared.secrets.sealing import Sealer
from tests.support.executions.bench import Bench
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.executions.repository import execution_of
from tests.support.plans import plan_of, task
from tests.support.sealing import InMemoryKeys

SECRET = "hX7!qL2#vR9$tM4&"
TOKEN = InputDefinition(name="token", type=InputType.SECRET)


def says(name: str, text: Any, **fields: Any) -> Any:
    return task(name, properties={"values": {"v": text}}, **fields)


SAYS = says("a", "{{ inputs.token }} {{ inputs.note }}")


class World:
    """A bench of one execution whose inputs are sealed, and the key."""

    def __init__(
        self, *tasks: Any, token: Any = SECRET, unchecked: bool = False, **plan: Any
    ) -> None:
        self.keys = InMemoryKeys()
        self.sealer = Sealer(self.keys)
        made = plan_of(*(tasks or (SAYS,)), **plan)
        given = guarded_inputs([TOKEN], {"token": token, "note": f"it is {token}", "n": "1"})
        sealed = with_sealed_inputs(self.sealer, execution_of(made, **given))
        self.bench = Bench(
            made,
            open_inputs=InputOpener(self.sealer, InMemoryPayloads()).opened,
            ticks=False,
            inputs=sealed.inputs,
            sealed=sealed.sealed,
            hasUncheckedInputs=unchecked,
        )

    def waits(self) -> list[timedelta]:
        """Make turns until one does not wait; how long each of the others did."""
        pauses = []
        while self.bench.turn(generation=self.bench.now.generation) == "wait":
            pauses.append(self.bench.pause)
            self.bench.ahead += self.bench.pause
        return pauses


def test_templates_read_what_was_sealed_and_nothing_tells_it():
    world = World(SAYS, outputs={"x": "{{ inputs.token }} {{ inputs.n }}"})

    end = world.bench.run()

    assert world.bench.runs["a"].outputs == '{"v":"****** it is ******"}'
    assert end.outputs == {"x": "****** 1"}
    assert SECRET not in repr(end)


def test_all_turns_of_a_process_ask_for_the_key_once():
    wait = task("w", type="flow.wait", properties={"duration": "1h"})
    world = World(SAYS, wait, says("b", "{{ inputs.token }}"))

    world.bench.run()

    assert world.bench.statuses() == {"a": "SUCCESS", "w": "SUCCESS", "b": "SUCCESS"}
    assert (world.keys.wraps, world.keys.unwraps) == (1, 1)


def test_a_turn_that_cannot_open_them_does_nothing_and_comes_again():
    world = World()
    world.keys.is_away = True

    assert world.bench.turn() == "wait"
    assert world.bench.pause == SHORTEST_PAUSE
    assert world.bench.runs == {}
    world.keys.is_away = False
    end = world.bench.run()

    assert end.status is Status.SUCCESS
    assert world.bench.store.unread == {}


def test_pauses_grow_and_after_a_while_the_execution_fails():
    note = says("note", "{{ inputs.token }}")
    more: dict[str, Any] = {"errors": [note], "finally": [says("last", "x")]}
    world = World(SAYS, **more)
    world.keys.is_away = True

    pauses = world.waits()

    assert max(pauses) == LONGEST_PAUSE
    assert PATIENCE <= sum(pauses, timedelta()) < PATIENCE + LONGEST_PAUSE
    end = world.bench.now
    assert end.status is Status.FAILED
    assert end.error
    assert end.error.code == "inputs_unreadable"
    assert "15 minutes" in end.error.message
    assert world.bench.runs == {}
    assert world.bench.answer.next == "done"


@pytest.mark.parametrize(
    ("closing", "status"),
    [(None, Status.FAILED), (TerminationReason.CANCEL, Status.CANCELLED)],
)
def test_a_broken_seal_ends_the_execution_at_once(
    closing: TerminationReason | None, status: Status
):
    world = World()
    row = world.bench.now
    [sealed] = row.sealed
    changed = SealedInputs(owner_id="another", value=sealed.value)
    row = row.model_copy(update={"sealed": (changed,), "closing": closing})
    world.bench.store.executions["default", row.id] = row

    assert world.waits() == []

    end = world.bench.now
    assert (end.status, end.error and end.error.code) == (status, "inputs_unreadable")
    assert world.bench.runs == {}


def test_what_is_sealed_goes_with_an_execution_that_is_broken_off():
    world = World()
    payloads = world.bench.payloads
    row = world.bench.now.model_copy(update={"retention_seconds": 60})
    stored = payloads.put_sealed(row, b"what never opens")
    sealed = (SealedInputs(owner_id=row.id, stored=stored),)
    row = row.model_copy(update={"sealed": sealed})
    world.bench.store.executions["default", row.id] = row

    world.waits()

    assert world.bench.now.status is Status.FAILED
    assert list(payloads.days) == [stored.key]


def declaring(**fields: Any) -> dict[str, Any]:
    return {"inputs": [InputDefinition(name="token", **fields)]}


def test_a_first_turn_checks_what_its_retry_took_over():
    world = World(
        says("a", "{{ inputs.token + 1 }}"),
        token="12345678",
        unchecked=True,
        **declaring(type=InputType.INT),
    )

    end = world.bench.run()

    assert end.status is Status.SUCCESS
    assert world.bench.runs["a"].outputs == '{"v":12345679}'
    assert world.bench.now.inputs == {"token": "******", "note": "******", "n": "1"}


def test_inputs_that_their_revision_does_not_take_fail_it_and_are_not_shown():
    world = World(SAYS, unchecked=True, **declaring(type=InputType.INT))

    end = world.bench.run()

    assert end.status is Status.FAILED
    assert end.error
    assert end.error.code == "invalid_inputs"
    assert "inputs.token" in end.error.message
    assert SECRET not in repr([end, world.bench.runs])
    assert "a" not in world.bench.runs


def test_one_of_an_earlier_release_runs_on():
    given = guarded_inputs([TOKEN], {"token": SECRET, "note": "plain"})
    bench = Bench(plan_of(SAYS), **given)

    bench.run()

    assert bench.runs["a"].outputs == '{"v":"****** plain"}'
