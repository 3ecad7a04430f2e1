"""Work grows with the size of a flow, not with its square: steps counted, nothing timed."""

from collections.abc import Callable
from typing import Any

from shared.executions.scheduling.container_state import ContainerState
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.task_runs import TaskRun, TaskStatus
from shared.executions.views.task_list import task_runs
from shared.flows.plans.plan import Plan
from tests.support.executions.repository import execution_of
from tests.support.plans import START, plan_of, task
from tests.support.steps import steps_of


def growth(work: Callable[[int], object], small: int, large: int) -> float:
    """How much more work the larger one is, for each that it has more."""
    return steps_of(lambda: work(large)) / steps_of(lambda: work(small)) / (large / small)


def done(name: str, iteration: str | None = None) -> TaskRun:
    return TaskRun(
        task_name=name,
        task_type="core.set",
        status=TaskStatus.SUCCESS,
        iteration=iteration,
        outputs="{}",
        finished_at=START,
    )


def loop(name: str, *tasks: Any) -> Any:
    return task(name, type="flow.foreach", properties={"items": [0]}, tasks=tasks)


def loop_plan() -> Plan:
    inner = [task("a"), task("b", type="flow.if", properties={"condition": True}, then=[task("c")])]
    return plan_of(loop("loop", *inner))


def listed_loop(items: int) -> Any:
    plan = loop_plan()
    runs = {f"{name}#{n}": done(name, str(n)) for n in range(items) for name in "abc"}
    execution = execution_of(plan, status="RUNNING", startedAt=START)
    return lambda: list(task_runs(plan, execution, runs))


def listed_nests(items: int) -> Any:
    plan = plan_of(loop("outer", loop("inner", task("a"))))
    runs = {f"a#{n}.{m}": done("a", f"{n}.{m}") for n in range(items) for m in range(2)}
    execution = execution_of(plan, status="RUNNING", startedAt=START)
    return lambda: list(task_runs(plan, execution, runs))


def listed_ifs(number: int) -> Any:
    ifs = [
        task(f"i{n}", type="flow.if", properties={"condition": True}, then=[task(f"t{n}")])
        for n in range(number)
    ]
    plan = plan_of(*ifs)
    runs = {name: done(name) for n in range(number) for name in (f"i{n}", f"t{n}")}
    execution = execution_of(plan, status="RUNNING", startedAt=START)
    return lambda: list(task_runs(plan, execution, runs))


def test_listing_iterations_grows_with_their_number():
    works = {size: listed_loop(size) for size in (100, 1000)}

    assert growth(lambda size: works[size](), 100, 1000) < 1.5


def test_listing_loops_in_loops_grows_with_their_number():
    works = {size: listed_nests(size) for size in (100, 1000)}

    assert growth(lambda size: works[size](), 100, 1000) < 1.5


def test_listing_containers_grows_with_their_number():
    works = {size: listed_ifs(size) for size in (25, 250)}

    assert growth(lambda size: works[size](), 25, 250) < 1.5


def test_asking_what_comes_next_grows_with_the_number_of_tasks():
    def run_through(size: int) -> None:
        scheduler = Scheduler(plans[size])
        for n in range(size):
            assert [action.instance.name for action in scheduler.next_actions("main")] == [f"t{n}"]
            scheduler.apply(done(f"t{n}"))

    plans = {size: plan_of(*(task(f"t{n}") for n in range(size))) for size in (50, 500)}

    assert growth(run_through, 50, 500) < 1.5


def test_a_loop_whose_first_iteration_stays_open_grows_with_its_items():
    def run_through(size: int) -> None:
        scheduler = Scheduler(plan)
        entered = ContainerState("tasks", concurrency=2, items=[(None, n) for n in range(size)])
        scheduler.entered["loop"] = entered
        names = [action.instance.key for action in scheduler.next_actions("main")]
        assert names == ["a#0", "a#1"]
        for n in range(1, size):
            scheduler.apply(done("a", str(n)))
            scheduler.next_actions("main")
        assert entered.open == [0]

    plan = plan_of(loop("loop", task("a")))

    assert growth(run_through, 50, 500) < 1.5
