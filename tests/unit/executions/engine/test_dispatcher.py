"""Each kind of task, mocked or not, finds its runner."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from shared.executions.engine.containers import ContainerRunner
from shared.executions.engine.context import TaskKind, TurnContext
from shared.executions.engine.dispatcher import Dispatcher
from shared.executions.engine.durable_tasks import DurableTaskRunner
from shared.executions.engine.inline import InlineRunner
from shared.executions.engine.waits import WaitRunner
from shared.executions.scheduling.containers import CONTAINERS
from shared.executions.scheduling.nodes import Start, TaskInstance
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.executions.tasks.durable import DurableState, Poll
from tests.support.executions.turns import context_of
from tests.support.plans import plan_of, task

INNER = [task("inner", properties={"values": {}})]
TASKS: Mapping[str, Mapping[str, Any]] = {
    "core.set": {"properties": {"values": {}}},
    "t.own": {},
    "flow.wait": {"properties": {"duration": "1h"}},
    "flow.if": {"properties": {"condition": True}, "then": INNER},
    "flow.switch": {"properties": {"value": 1}, "cases": {"1": INNER}},
    "flow.parallel": {"tasks": INNER},
    "flow.foreach": {"properties": {"items": [1]}, "tasks": INNER},
    "t.gate": {},
}
RUNNERS = {
    "core.set": InlineRunner,
    "t.own": InlineRunner,
    "flow.wait": WaitRunner,
    **dict.fromkeys(CONTAINERS, ContainerRunner),
    "t.gate": DurableTaskRunner,
}


class Desk:
    """Somebody outside who leaves a task open; `said` is an end that came before a cancel."""

    def __init__(self, said: DurableState | None) -> None:
        self.said = said

    def step(self, poll: Poll) -> DurableState:
        del poll
        return DurableState(TaskStatus.PAUSED)

    def cancel(self, poll: Poll) -> DurableState | None:
        del poll
        return self.said

    def keep_until(self, execution: Any, run: Any, at: Any) -> None:
        raise NotImplementedError


def context_for(
    kind: str, end: DurableState | None = None, **fields: Any
) -> tuple[TurnContext, TaskInstance]:
    """A turn of a flow with one task of a type, and that task."""
    plan = plan_of(task("a", type=kind, **TASKS[kind]))
    return context_of(plan, {"t.gate": Desk(end)}, **fields), TaskInstance(plan.tasks[0])


def dispatcher_of(context: TurnContext) -> Dispatcher:
    return Dispatcher(context, lambda: 900.0)


def test_there_is_a_runner_for_each_kind_and_no_other():
    context, _ = context_for("core.set")
    runners = dispatcher_of(context).runners

    assert set(runners) == set(TaskKind)
    assert {type(runner) for runner in runners.values()} == set(RUNNERS.values())


@pytest.mark.parametrize("kind", TASKS)
def test_a_task_finds_the_runner_of_its_kind(kind: str):
    context, instance = context_for(kind)

    assert type(dispatcher_of(context).runner_of(instance)) is RUNNERS[kind]


@pytest.mark.timing
@pytest.mark.parametrize("kind", TASKS)
def test_a_mocked_task_of_any_type_runs_in_a_thread(kind: str):
    context, instance = context_for(kind, mocks={"a": {"v": 1}})
    dispatcher = dispatcher_of(context)

    assert type(dispatcher.runner_of(instance)) is InlineRunner

    assert not dispatcher.dispatch(Start(instance), [])
    assert dispatcher.is_open
    dispatcher.inline.collect(60.0)

    run = context.run_of(instance)
    assert run
    assert (run.status, run.outputs) == (TaskStatus.SUCCESS, '{"v":1}')


def test_a_mock_of_another_task_changes_nothing():
    context, instance = context_for("flow.wait", mocks={"other": {"v": 1}})

    assert type(dispatcher_of(context).runner_of(instance)) is WaitRunner


def test_a_type_without_its_durable_task_is_a_plugins():
    plan = plan_of(task("a", type="t.gate"))

    assert context_of(plan).kind_of(TaskInstance(plan.tasks[0])) is TaskKind.INLINE


def test_a_wait_is_a_moment_in_its_record():
    context, instance = context_for("flow.wait")
    dispatcher, due = dispatcher_of(context), list[datetime]()

    assert dispatcher.dispatch(Start(instance), due)
    assert due == []
    assert not dispatcher.dispatch(Start(instance), due)

    run = context.run_of(instance)
    assert run
    assert (run.status, [run.due_at]) == (TaskStatus.RUNNING, due)


def test_a_container_is_opened_without_a_record():
    context, instance = context_for("flow.if")

    assert dispatcher_of(context).dispatch(Start(instance), [])
    assert context.run_of(instance) is None
    assert context.scheduler.entered["a"].branch == "then"


def test_a_durable_task_is_recorded_as_whoever_works_on_it_says():
    context, instance = context_for("t.gate")
    dispatcher = dispatcher_of(context)

    assert dispatcher.dispatch(Start(instance), [])
    assert dispatcher.is_open

    run = context.run_of(instance)
    assert run
    assert run.status is TaskStatus.PAUSED


@pytest.mark.timing
@pytest.mark.parametrize("kind", TASKS)
def test_who_cancels_a_task_records_its_end(kind: str):
    context, instance = context_for(kind)
    dispatcher = dispatcher_of(context)
    dispatcher.dispatch(Start(instance), [])
    before = context.run_of(instance)

    assert not dispatcher.runner_of(instance).cancel(instance, before)
    assert context.run_of(instance) == before


def test_a_durable_task_that_ended_before_its_cancel_keeps_its_end():
    context, instance = context_for("t.gate", end=DurableState(TaskStatus.SUCCESS))
    runner = dispatcher_of(context).runner_of(instance)

    assert runner.cancel(instance, None)

    run = context.run_of(instance)
    assert run
    assert run.status is TaskStatus.SUCCESS


@pytest.mark.timing
def test_a_cancelled_thread_is_waited_for_no_more():
    context, instance = context_for("core.set")
    dispatcher = dispatcher_of(context)
    dispatcher.dispatch(Start(instance), [])

    dispatcher.runner_of(instance).cancel(instance, None)

    assert not dispatcher.is_open


@pytest.mark.parametrize(
    ("kind", "status", "is_open"),
    [
        ("t.gate", TaskStatus.PAUSED, True),
        ("t.gate", TaskStatus.RUNNING, True),
        ("t.gate", TaskStatus.RETRYING, False),
        ("t.gate", TaskStatus.SUCCESS, False),
        ("flow.wait", TaskStatus.RUNNING, False),
        ("flow.foreach", TaskStatus.RUNNING, False),
        ("core.set", TaskStatus.RETRYING, False),
    ],
)
def test_only_what_ends_outside_is_open_while_no_thread_runs(
    kind: str, status: TaskStatus, *, is_open: bool
):
    context, _ = context_for(kind)
    context.scheduler.apply(TaskRun(task_name="a", task_type=kind, status=status))

    assert dispatcher_of(context).is_open is is_open
