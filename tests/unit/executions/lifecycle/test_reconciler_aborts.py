"""What an engine dies of again and again is run no more: the execution ends by its rules."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.executions.lifecycle.reconciler import Action
from shared.executions.models import Status, TerminationReason
from shared.executions.orchestration.state_machine import RunStatus
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.executions.termination_failure import MAX_STALLS
from shared.people.approvals.models import ApprovalStatus
from tests.support.container_attempts import die_at
from tests.support.executions.bench import Abandoned
from tests.support.plans import task
from tests.support.restarts import Restarted

SET = {"values": {"x": 1}}
HEARD = {"values": {"how": "{{ error.status }}", "who": "{{ error.taskName }}"}}
LOG = "util.log"


def fatal(name: str, **fields: Any) -> Any:
    return task(name, type=LOG, properties={"message": "hello"}, **fields)


def deadly(*tasks: Any, **fields: Any) -> Restarted:
    """One whose engine dies of each task that logs."""
    world = Restarted(*tasks, **fields)
    world.deadly = LOG
    return world


def die(world: Restarted) -> list[Action]:
    """Run after run dies; what the reconciler does about it, until it starts no more like them."""
    actions: list[Action] = []
    while not actions or actions[-1] is Action.RESUMED:
        for _ in range(2):  # Step Functions tries again
            with suppress(Abandoned):
                world.next_turn()
        world.runs_of_machine.found = RunStatus.DIED
        actions.append(world.look(minutes=3))
    return actions


def run_of(world: Restarted, name: str) -> TaskRun:
    runs = world.store.runs["default", world.execution.id].values()
    return next(run for run in runs if run.task_name == name)


def statuses(world: Restarted) -> dict[str, str]:
    runs = world.store.runs["default", world.execution.id].values()
    return {run.task_name: run.status.value for run in runs}


def test_what_the_engine_died_of_fails_and_is_named_and_nothing_after_it_runs():
    world = deadly(
        task("a", properties=SET), fatal("b", depends_on=["a"]), fatal("c", depends_on=["b"])
    )

    # The first look sees that there was progress.
    assert die(world) == [Action.RESUMED] * MAX_STALLS + [Action.BROKEN_OFF]
    assert (world.now.closing, world.now.status) == (TerminationReason.ENGINE_ERROR, Status.RUNNING)
    assert world.next_turn() == "done"

    ended = world.now
    assert (ended.status, ended.tasks_executed) == (Status.FAILED, 2)
    assert ended.error
    assert (ended.error.code, ended.error.task_name) == ("engine_error", "b")
    assert ended.error.message == "the engine died 3 times in a row without getting further: b"
    assert statuses(world) == {"a": "SUCCESS", "b": "FAILED"}
    assert [line.level for line in run_of(world, "b").logs] == ["ERROR"]


def test_errors_and_finally_run_and_hear_of_it():
    world = deadly(
        fatal("b"),
        errors=[task("told", properties=HEARD)],
        **{"finally": [task("tidy", properties=SET)]},
    )
    die(world)

    assert world.to_the_end(iter([900.0] * 9)).status is Status.FAILED

    assert statuses(world) == {"b": "FAILED", "told": "SUCCESS", "tidy": "SUCCESS"}
    assert run_of(world, "told").outputs == '{"how":"FAILED","who":"b"}'


def test_what_only_waits_is_cancelled_and_nobody_is_asked_any_more():
    world = deadly(
        task("g", type="flow.gate", properties={"message": "yes"}),
        task("w", type="flow.wait", properties={"duration": "30d"}, depends_on=[]),
        fatal("b", depends_on=[]),
    )
    die(world)

    assert world.next_turn() == "done"

    assert world.approvals.only().status is ApprovalStatus.CANCELLED
    assert statuses(world) == {"g": "CANCELLED", "w": "CANCELLED", "b": "FAILED"}
    assert world.now.error
    assert world.now.error.task_name == "b"


def test_a_further_attempt_that_the_engine_died_of_is_the_one_that_failed():
    policy = {"max_attempts": 3, "delay": "PT5S"}
    world = Restarted(
        task(
            "b",
            type="util.validate",
            properties={"data": 1, "schema": {"minimum": 2}},
            retry=policy,
        )
    )
    assert world.next_turn() == "wait"
    world.deadly = "util.validate"
    world.ahead += timedelta(seconds=5)
    die(world)

    world.next_turn()

    assert (run_of(world, "b").status.value, run_of(world, "b").attempt) == ("FAILED", 2)


def test_inside_of_containers_too_what_was_under_way_is_named_in_the_order_of_the_text():
    inner = [fatal("x"), fatal("y")]
    world = deadly(
        task("box", type="flow.parallel", tasks=inner),
        task(
            "loop",
            type="flow.foreach",
            properties={"items": [1, 2]},
            tasks=[fatal("each")],
            depends_on=[],
        ),
        fatal("z", depends_on=[]),
        errors=[task("told", properties=HEARD)],
    )
    die(world)

    world.next_turn()

    assert world.now.error
    assert world.now.error.message.endswith(": x, y, each, z")
    assert run_of(world, "told").outputs == '{"how":"FAILED","who":"x"}'


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_turn_that_dies_while_it_breaks_off_is_repeated_to_the_same_end(moment: str):
    for crash in range(12):
        world = deadly(
            task("g", type="flow.gate", properties={"message": "yes"}),
            fatal("b", depends_on=[]),
            errors=[task("told", properties=HEARD)],
        )
        die(world)
        world.on_write(die_at({crash}, moment))
        with suppress(Abandoned):
            world.next_turn()
        is_over = world.now.status.is_terminal
        world.on_write(lambda _at: None)
        world.next_turn()

        assert world.now.status is Status.FAILED
        assert world.now.error
        assert world.now.error.task_name == "b"
        assert statuses(world) == {"g": "CANCELLED", "b": "FAILED", "told": "SUCCESS"}
        if is_over and moment == "before":
            break
    assert crash > 2


def test_what_dies_of_ending_as_well_ends_here_and_now():
    world = deadly(fatal("b"), **{"finally": [fatal("tidy")]})
    assert die(world)[-1] is Action.BROKEN_OFF

    assert die(world)[-1] is Action.FAILED

    assert world.now.status is Status.FAILED
    assert world.now.error
    assert world.now.error.code == "engine_error"


def given_up(world: Restarted) -> None:
    """Let it be broken off, and its last run die: the next look ends it, or finds it changed."""
    assert die(world)[-1] is Action.BROKEN_OFF
    while world.now.stalls < MAX_STALLS - 1:
        world.runs_of_machine.found = RunStatus.DIED
        world.look(minutes=3)
    world.runs_of_machine.found = RunStatus.DIED


def with_objects(world: Restarted) -> set[str]:
    """Give it large inputs, and outputs of this attempt and of one before; return their keys."""
    shown, hidden, now, before = (world.payloads.put_for(world.execution, text) for text in "1234")
    key = ("default", world.execution.id)
    world.store.executions[key] = world.now.model_copy(
        update={
            "stored_inputs": shown,
            "stored_hidden_inputs": hidden,
            "retention_seconds": 3600,
            "created_at": world.clock(),
        }
    )
    run = TaskRun(task_name="a", task_type="core.set", status=TaskStatus.SUCCESS)
    world.store.runs.setdefault(key, {})["a"] = run.model_copy(update={"stored": now})
    old = run.model_copy(update={"stored": before})
    world.store.earlier[*key, 0] = {"a": old}
    return {stored.key for stored in (shown, hidden, now, before)}


def test_the_objects_of_what_ends_here_and_now_go_when_its_retention_is_over():
    world = deadly(fatal("b"), **{"finally": [fatal("tidy")]})
    keys = with_objects(world)
    given_up(world)
    assert world.payloads.days == {}

    assert world.look(minutes=3) is Action.FAILED

    assert world.payloads.days == dict.fromkeys(keys, 1)


def test_the_objects_of_what_somebody_cancels_instead_stay_until_its_end():
    world = deadly(fatal("b"), **{"finally": [fatal("tidy")]})
    with_objects(world)
    given_up(world)

    def cancelled_meanwhile() -> datetime:
        world.cancel()  # the first look at the clock comes after all has been read
        return world.clock()

    world.reconciler = replace(world.reconciler, now=cancelled_meanwhile)
    assert world.look(minutes=3) is Action.NOTHING

    assert world.payloads.days == {}


def test_somebody_who_cancels_meanwhile_has_it_end_cancelled():
    world = deadly(fatal("b"), errors=[task("told", properties=SET)])
    die(world)

    world.cancel()

    assert world.to_the_end(iter([900.0] * 5)).status is Status.CANCELLED
    assert "told" not in statuses(world)


def test_a_wait_beside_it_does_not_hide_that_the_engine_dies():
    world = deadly(
        task("w", type="flow.wait", properties={"duration": "30d"}), fatal("b", depends_on=[])
    )

    assert len(die(world)) == MAX_STALLS + 1
