"""Reads that leave outputs in the table: everything else is asked for, and comes back the same."""

from datetime import timedelta
from typing import Any

from shared.executions.models import (
    Execution,
    Parent,
    SealedInputs,
    Slot,
    Status,
    TerminationReason,
    Trigger,
)
from shared.executions.store.items import (
    BUT_OUTPUTS,
    execution_from_item,
    execution_to_item,
    run_from_item,
    run_to_item,
)
from shared.executions.store.repository import ExecutionRepository
from shared.executions.task_runs import Failure, LogLine, Stored, TaskRun, TaskStatus
from tests.support.executions.repository import NOW, execution_of
from tests.support.plans import plan_of, task

FAILURE = Failure(code="x", message="y", task_name="a", status="FAILED", status_code=500)
LATER = NOW + timedelta(seconds=1)


class Watched(dict[str, Any]):
    """An item that notes what is read of it."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__(item)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.read.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)


class Rows:
    """A table that answers what was asked for, of items that are there."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = items
        self.asked: list[dict[str, Any]] = []

    def query(self, **query: Any) -> dict[str, Any]:
        self.asked.append(query)
        if "ProjectionExpression" not in query:
            return {"Items": list(self.items)}
        names = query["ExpressionAttributeNames"]
        shown = {names[each] for each in query["ProjectionExpression"].split(", ")}
        return {
            "Items": [{name: item[name] for name in item if name in shown} for item in self.items]
        }


def full_execution() -> Execution:
    """An execution with everything that one can have."""
    return execution_of(
        plan_of(task("a")),
        status=Status.SUCCESS,
        inputs={"n": 1, "s": "******"},
        sealed=(
            SealedInputs(owner_id="e", value=b"sealed"),
            SealedInputs(owner_id="r", stored=Stored(key="k", size=1)),
        ),
        hasUncheckedInputs=True,
        retentionSeconds=60,
        mocks={"a": {"x": 1}},
        slot=Slot(line="slots#x", limit=2, waiting=False),
        depth=2,
        parent=Parent(execution_id="p", task_name="t"),
        storedOutputs=Stored(key="k", size=1),
        closing=TerminationReason.CANCEL,
        isParked=True,
        **dict.fromkeys(("startedAt", "finishedAt", "checkAt", "dueAt", "wakeAt"), LATER),
        labels={"a": "b"},
        trigger=Trigger(type="bulk"),
        triggerType="bulk",
        correlationId="c",
        currentTask="a",
        requestId="r",
        retryOf="o",
        error=FAILURE,
        test=True,
        stalls=1,
        recordsSeen=2,
        turnsBefore=3,
    )


def full_run() -> TaskRun:
    """A task run with everything that one can have."""
    return TaskRun(
        task_name="a",
        task_type="core.set",
        status=TaskStatus.FAILED,
        iteration="0",
        attempt=2,
        fence=7,
        blocked=True,
        outputs='{"x":1}',
        stored=Stored(key="k", size=1),
        error=FAILURE,
        logs=(LogLine(timestamp=NOW, level="INFO", message="m", attempt=2),),
        **dict.fromkeys(("due_at", "started_at", "finished_at", "began_at"), LATER),
    )


def stored() -> tuple[dict[str, Any], ...]:
    execution = full_execution()
    rest = {"expiresAt": 9_999_999_999}
    return (
        {**execution_to_item(execution), "outputs": '{"y":2}', **rest},
        {"pk": "p", "sk": "segment#main", "turn": 4},
        {**run_to_item(execution, full_run()), **rest},
    )


def test_nothing_is_read_of_an_item_that_is_not_asked_for() -> None:
    execution, _, run = map(Watched, stored())

    execution_from_item(execution)
    run_from_item(run)

    assert execution.read | run.read <= {*BUT_OUTPUTS, "outputs"}
    assert len(set(BUT_OUTPUTS)) == len(BUT_OUTPUTS)
    assert "outputs" not in BUT_OUTPUTS


def test_a_read_without_outputs_finds_everything_else() -> None:
    rows: Any = Rows(*stored())
    repository = ExecutionRepository(rows, now=lambda: NOW)

    whole = repository.load("default", "x")
    bare = repository.load("default", "x", has_outputs=False)

    assert whole
    assert bare
    assert (whole.execution.outputs, bare.execution.outputs) == ({"y": 2}, None)
    assert bare.execution == whole.execution.model_copy(update={"outputs": None})
    [(key, run)] = whole.runs.items()
    assert (run.outputs, bare.runs[key].outputs) == ('{"x":1}', None)
    assert bare.runs == {key: run.model_copy(update={"outputs": None})}
    assert bare.turns == whole.turns == 4
    assert ["ProjectionExpression" in query for query in rows.asked] == [False, True]
