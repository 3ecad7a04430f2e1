"""Whatever the flow, wherever a turn is cut or dies: it comes to what the reference says."""

import json
from collections.abc import Iterator, Mapping
from itertools import chain, count, repeat
from typing import Any

from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from shared.executions.models import Status, TerminationReason
from shared.executions.scheduling.container_attempts import latest_runs
from shared.executions.scheduling.task_tree import TaskTree
from shared.executions.store.snapshots import FENCE_STEP
from shared.executions.task_runs import TaskStatus, row_key
from shared.flows.plans.compiler import compile_plan
from shared.flows.plans.plan import Plan, PlanTask
from tests.support.container_attempts import die_at
from tests.support.outcomes import (
    check,
    definition_of,
    expectation,
    outputs_of,
    status_of,
    without_volatile,
)
from tests.support.random_flows import flows
from tests.support.worlds import World

LAWS = settings(max_examples=120, suppress_health_check=list(HealthCheck))
ISOLATION = st.sampled_from(["segment", "task"])
FOREVER = repeat(900.0)


def plan_of(written: Any, **fields: Any) -> Plan:
    note(json.dumps({**written, **fields}))
    return compile_plan(definition_of({**written, **fields}))


def check_settled_once(world: World, plan: Plan) -> None:
    if plan.retry is None:
        keys = [row_key(run) for run in world.store.written if run.status.is_terminal]
        assert len(keys) == len(set(keys))


def check_closed(world: World, plan: Plan) -> None:
    """Nothing is left open, and `finally` has run."""
    assert all(run.status.is_terminal for run in world.runs.values())
    assert not any(approval.is_pending for approval in world.approvals.all)
    for planned in plan.tasks:
        if planned.section == "finally" and planned.parent is None:
            assert planned.task.name in world.runs


def failing(name: str, **fields: Any) -> Any:
    properties = {"data": 0, "schema": {"minimum": 1}}
    return {"name": name, "type": "util.validate", "properties": properties, **fields}


def setting(name: str, **fields: Any) -> Any:
    return {"name": name, "type": "core.set", "properties": {"values": {"v": 1}}, **fields}


BEHIND_A_BLOCKED_ONE = [failing("a"), setting("b"), setting("c", runWhen="failed"), setting("d")]
FAILING_IN_TURN = [
    {
        "name": "each",
        "type": "flow.foreach",
        "properties": {"items": [0, 1], "failFast": False},
        "tasks": [
            failing("second", when="{{ index }}", dependsOn=[]),
            failing("first", when="{{ 1 - index }}", dependsOn=[]),
        ],
    }
]


@settings(LAWS, max_examples=250)
@given(flows())
@example({"name": "rare", "tasks": BEHIND_A_BLOCKED_ONE, "outputs": {}})
@example({"name": "rare", "tasks": FAILING_IN_TURN, "outputs": {}})
def test_a_flow_comes_to_what_the_reference_says(written: Any) -> None:
    plan = plan_of(written)
    world = World(plan)

    ended = world.to_the_end(FOREVER)

    check(plan, ended, world.runs)


@LAWS
@given(
    written=flows(),
    crashes=st.sets(st.integers(0, 40), max_size=12),
    fatal=st.sampled_from(["before", "after"]),
    remaining=st.lists(st.sampled_from([30.0, 900.0]), max_size=30),
    isolation=ISOLATION,
    is_resumed=st.booleans(),
)
def test_neither_crashes_nor_short_turns_change_what_a_flow_comes_to(
    written: Any,
    crashes: set[int],
    fatal: str,
    remaining: list[float],
    isolation: str,
    *,
    is_resumed: bool,
) -> None:
    plan = plan_of(written, isolation=isolation)
    world = World(plan)
    world.is_resumed = is_resumed
    world.on_write(die_at(crashes, fatal))

    ended = world.to_the_end(chain(remaining, FOREVER))

    check(plan, ended, world.runs)
    check_settled_once(world, plan)


@LAWS
@given(flows(), st.integers(0, 30), st.sampled_from([0.0, 0.3, 1.2]), ISOLATION)
def test_after_a_cancel_nothing_starts_all_is_settled_and_finally_runs(
    written: Any, number: int, seconds: float, isolation: str
) -> None:
    plan = plan_of(written, isolation=isolation)
    world, writes = World(plan), count()

    def cancel(moment: str) -> None:
        world.skip(seconds)
        if moment == "after" and next(writes) == number:
            world.cancel()

    world.on_write(cancel)
    ended = world.to_the_end(FOREVER)

    check_settled_once(world, plan)
    if not world.is_cancelled:
        check(plan, ended, world.runs)
        return
    assert ended.status is Status.CANCELLED
    assert ended.error
    assert ended.error.code == "cancelled"
    assert world.late_starts == 0
    check_closed(world, plan)
    sections = {planned.task.name: planned.section for planned in plan.tasks}
    for run in world.store.written:
        if run.fence > 2 * FENCE_STEP and sections[run.task_name] != "finally":
            is_decided = run.task_type == "flow.gate" and run.outputs
            assert run.status is TaskStatus.CANCELLED or is_decided


CUT_OFF_BEFORE_ITS_NEXT_ATTEMPT = {
    "name": "switching",
    "tasks": [
        {
            "name": "each",
            "type": "flow.switch",
            "properties": {"value": "{{ task.attempt }}"},
            "cases": {
                "1": [
                    {"name": "first", "type": "core.set", "properties": {"values": {"v": 0}}},
                    {"name": "asks", "type": "flow.gate", "properties": {"message": "no"}},
                ]
            },
            "retry": {"maxAttempts": 2, "delay": 2},
        }
    ],
}
"""A container whose next attempt holds no task: a time-out leaves records that nobody expects."""


@example(CUT_OFF_BEFORE_ITS_NEXT_ATTEMPT, 1, 0.0, "segment")
@LAWS
@given(flows(), st.sampled_from([1, 3, 90, 5000]), st.sampled_from([0.0, 0.3]), ISOLATION)
def test_a_flows_time_out_ends_what_is_left_and_changes_nothing_that_was_settled(
    written: Any, timeout: int, seconds: float, isolation: str
) -> None:
    plan = plan_of(written, timeout=timeout, isolation=isolation)
    world = World(plan)
    world.on_write(lambda _moment: world.skip(seconds))

    ended = world.to_the_end(FOREVER)

    check_settled_once(world, plan)
    if ended.closing is None:
        check(plan, ended, world.runs)
        return
    assert (ended.closing, ended.status) == (TerminationReason.TIMEOUT, Status.TIMED_OUT)
    check_closed(world, plan)
    if plan.retry is None:
        check_main_as_expected(plan, world)


def _above(planned: Mapping[str, PlanTask], name: str) -> Iterator[str]:
    """The containers that hold a task, innermost first."""
    while (parent := planned[name].parent) is not None:
        yield parent
        name = parent


def check_main_as_expected(plan: Plan, world: World) -> None:
    """What the flow's own tasks came to before the end is what they would have come to.

    Nothing is expected of what a container holds that was cut off before its next attempt: that
    one would have begun it all anew, and may have held other tasks.
    """
    expected = expectation(plan).seen
    ends = {TaskStatus.SUCCESS, TaskStatus.SKIPPED}
    latest = latest_runs(TaskTree(plan), world.runs)
    planned = {each.task.name: each for each in plan.tasks}
    over = {run.task_name for run in latest.values() if run.status in ends}
    for key, run in latest.items():
        above = _above(planned, run.task_name)
        if any(planned[name].task.retry and name not in over for name in above):
            continue
        if run.status in ends and planned[run.task_name].section == "main":
            seen = expected[key]
            assert (key, status_of(run)) == (key, seen.status)
            assert without_volatile(outputs_of(run)) == without_volatile(seen.outputs)
