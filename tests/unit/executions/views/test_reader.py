"""What clients read of executions: details, results, log lines, pages."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import (
    ExecutionNotFinishedError,
    ExecutionNotFoundError,
    InvalidCursorError,
)
from shared.executions.filters import ExecutionFilter, Partition, TaskRunFilter
from shared.executions.models import Execution, Status
from shared.executions.store.indexes import ExecutionIndex
from shared.executions.task_runs import Failure, LogLine, Stored, TaskRun, TaskStatus, row_key
from shared.executions.views.listing import MAX_LOOKS
from shared.executions.views.logs import LogFilter
from shared.executions.views.models import ResultsLink
from shared.executions.views.reader import ExecutionReader
from shared.flows.plans.plan import Plan
from shared.times import utc_now
from tests.support.executions.bench import OnePlan
from tests.support.executions.index import InMemoryIndex
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.executions.repository import InMemoryExecutions, execution_of
from tests.support.plans import START, plan_of, task

BIG = json.dumps({"text": "x" * 1_000_000})


class WatchedIndex(InMemoryIndex):
    """Counts the pages that are read of it."""

    looks = 0

    def page_of_ids(self, *args: Any, **kwargs: Any) -> tuple[list[str], str | None]:
        self.looks += 1
        return super().page_of_ids(*args, **kwargs)


class Shelf:
    """A reader over executions in memory."""

    def __init__(self, plan: Plan, *executions: Execution) -> None:
        self.payloads = InMemoryPayloads()
        self.pages = WatchedIndex(*executions)
        self._store = InMemoryExecutions(*executions)
        self.id = executions[0].id
        self.reader = ExecutionReader(
            executions=self._store,
            pages=self.pages,
            plans=OnePlan(plan),
            payloads=self.payloads,
        )

    def try_again(self) -> None:
        """Begin another attempt of the whole execution."""
        execution = self._store.executions["default", self.id]
        assert self._store.next_attempt(execution, fence=1, due_at=START)

    def record(self, *runs: TaskRun) -> "Shelf":
        self._store.runs["default", self.id] = {row_key(run): run for run in runs}
        return self


def a_run(name: str, **fields: Any) -> TaskRun:
    return TaskRun.model_validate(
        {
            "task_name": name,
            "task_type": "core.set",
            "status": "SUCCESS",
            "finished_at": START,
            **fields,
        }
    )


def shelf(*names: str, **fields: Any) -> Shelf:
    """A shelf with one execution of a chain of tasks, RUNNING unless said otherwise."""
    plan = plan_of(*map(task, names))
    fields = {"status": "RUNNING", "startedAt": START, **fields}
    return Shelf(plan, execution_of(plan, **fields))


def test_a_running_execution_shows_how_far_it_is():
    found = shelf("a", "b", "c").record(a_run("a")).reader.detail("default", shelf("a").id)

    assert (found.execution.tasks_executed, found.execution.current_task) == (1, "b")
    assert [run.status.value for run in found.tasks] == ["SUCCESS", "RUNNING", "WAITING"]


def test_large_outputs_are_shown_as_addresses():
    stored = Stored(key="k", size=500_000)
    full = shelf("a", status="SUCCESS", storedOutputs=stored.model_dump())
    found = full.record(a_run("a", stored=stored)).reader.detail("default", full.id)

    assert found.execution.outputs_url == "https://objects.example/k"
    assert found.tasks[0].outputs_url == "https://objects.example/k"


@pytest.mark.parametrize(
    "execution_id", ["01890000-0000-7000-8000-0000000000ff", "no-id", "x" * 2000]
)
def test_what_is_not_there_is_not_found(execution_id: str):
    with pytest.raises(ExecutionNotFoundError):
        shelf("a").reader.detail("default", execution_id)


def test_results_come_with_the_end():
    with pytest.raises(ExecutionNotFinishedError, match="RUNNING"):
        shelf("a").reader.results("default", shelf("a").id)


def test_results_are_json_and_not_text():
    error = Failure(code="broken", message="it broke")
    full = shelf("a", "b", "c", status="FAILED", outputs={"n": 1}, error=error)
    full.record(
        a_run("a", outputs='{"v":1}'),
        a_run("b", status="FAILED", error=error, started_at=START - timedelta(seconds=2)),
    )

    found = full.reader.results("default", full.id)

    assert not isinstance(found, ResultsLink)
    assert [step.outputs for step in found.step_results] == [{"v": 1}, None, None]
    assert found.step_results[1].duration_ms == 2000
    assert (found.status, found.final_output, found.error) == (Status.FAILED, {"n": 1}, error)


def test_results_hold_what_the_rows_do_not():
    full = shelf("a", status="SUCCESS", storedOutputs=Stored(key="o", size=10).model_dump())
    full.payloads.texts.update({"o": '{"all": 1}', "t": '{"one": 1}'})
    full.record(a_run("a", stored=Stored(key="t", size=10)))

    found = full.reader.results("default", full.id)

    assert not isinstance(found, ResultsLink)
    assert (found.final_output, found.step_results[0].outputs) == ({"all": 1}, {"one": 1})


@pytest.mark.parametrize("is_stored", [False, True])
def test_results_that_no_answer_holds_are_a_file_of_the_same_form(is_stored: bool):  # noqa: FBT001 - a case
    names = [f"t{number}" for number in range(6)]
    error = None if is_stored else Failure(code="broken", message='it "broke"')
    full = shelf(
        *names,
        status="SUCCESS" if is_stored else "FAILED",
        error=error,
        outputs=None if is_stored else {"é": 1},
        storedOutputs=Stored(key="o", size=9).model_dump() if is_stored else None,
    )
    full.payloads.texts.update({"o": '{"é":2}', "big": BIG})
    stored = Stored(key="big", size=len(BIG))
    runs = [a_run(name, stored=stored) for name in names[:3]]
    full.record(*runs, *(a_run(name, outputs=BIG) for name in names[3:5]))

    found = full.reader.results("default", full.id)

    assert isinstance(found, ResultsLink)
    assert found.url == f"https://objects.example/results/default/{full.id}.json"
    text = json.loads(full.payloads.texts[f"results/default/{full.id}.json"])
    assert (text["executionId"], text["status"]) == (full.id, "SUCCESS" if is_stored else "FAILED")
    steps = [(step["taskName"], step["outputs"]) for step in text["stepResults"]]
    assert steps == [*((name, json.loads(BIG)) for name in names[:5]), ("t5", None)]
    assert set(text["stepResults"][0]) == {
        *("taskName", "taskType", "status", "outputs", "error"),
        *("startedAt", "finishedAt", "durationMs"),
    }
    assert text["finalOutput"] == {"é": 2 if is_stored else 1}
    assert (text["error"] or {}).get("message") == (error and error.message)


def line(second: int, message: str, level: str = "INFO", attempt: int = 1) -> LogLine:
    at = START + timedelta(seconds=second)
    return LogLine(timestamp=at, level=level, message=message, attempt=attempt)


def logged() -> Shelf:
    first = (line(0, "a1", "DEBUG"), line(2, "a2", "ERROR", attempt=2))
    return shelf("a", "b").record(
        a_run("a", logs=first, attempt=2), a_run("b", logs=(line(1, "b1"), line(2, "b2")))
    )


def test_lines_are_in_the_order_of_time_and_know_their_attempt():
    lines = logged().reader.logs("default", logged().id).items

    assert [(each.seq, each.message, each.attempt) for each in lines] == [
        *((1, "a1", 1), (2, "b1", 1), (3, "a2", 2), (4, "b2", 1)),
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"level": "INFO"}, [2, 3, 4]),
        ({"level": "ERROR"}, [3]),
        ({"task_name": "b"}, [2, 4]),
        ({"since": START + timedelta(seconds=2)}, [3, 4]),
        ({"task_name": "b", "level": "ERROR"}, []),
    ],
)
def test_a_filter_changes_no_number(wanted: Any, found: list[int]):
    lines = logged().reader.logs("default", logged().id, LogFilter(**wanted)).items

    assert [each.seq for each in lines] == found


def test_the_lines_of_all_attempts_of_a_container_are_kept():
    plan = plan_of(task("box", type="flow.parallel", retry={"maxAttempts": 2}, tasks=[task("t")]))
    store = Shelf(plan, execution_of(plan, status="RUNNING", startedAt=START))
    box = {"task_type": "flow.parallel", "status": "RUNNING", "attempt": 2}
    store.record(
        a_run("t", logs=(line(0, "first"),)),
        a_run("box", due_at=START, finished_at=None, **box),
        a_run("t", rounds="2", logs=(line(5, "second"),)),
    )

    lines = store.reader.logs("default", store.id).items

    assert [each.message for each in lines] == ["first", "second"]
    assert len(store.reader.detail("default", store.id).tasks) == 2


def test_the_lines_of_all_attempts_of_the_whole_execution_are_kept():
    store = shelf("a").record(a_run("a", logs=(line(0, "first"),)))
    store.try_again()
    store.record(a_run("a", logs=(line(5, "second"),)))

    lines = store.reader.logs("default", store.id).items

    assert [each.message for each in lines] == ["first", "second"]
    assert len(store.reader.detail("default", store.id).tasks) == 1


def test_a_further_attempt_of_the_whole_is_pending_until_it_is_due():
    hence, ago = (utc_now() + timedelta(hours=hours) for hours in (1, -1))
    later, begun = shelf("a", attempt=2, dueAt=hence), shelf("a", attempt=2, dueAt=ago)

    for store, status, current, due in (
        (later, "PENDING", None, hence),
        (begun, "RUNNING", "a", None),
    ):
        found = store.reader.detail("default", store.id)
        assert [run.status.value for run in found.tasks] == [status]
        assert (found.execution.current_task, found.execution.due_at) == (current, due)


def test_task_runs_come_in_pages():
    full = shelf("a", "b", "c")
    read = full.reader.task_runs

    first = read("default", full.id, limit=2, cursor=None)
    assert [run.task_name for run in first.items] == ["a", "b"]
    last = read("default", full.id, limit=2, cursor=first.next)
    assert ([run.task_name for run in last.items], last.next) == (["c"], None)
    only = read("default", full.id, TaskRunFilter(task_name="b"), limit=9, cursor=None)
    assert [run.task_name for run in only.items] == ["b"]


def many(number: int, **fields: Any) -> list[Execution]:
    plan = plan_of(task("a"))
    return [
        execution_of(plan, id=f"01890000-0000-7000-8000-{index:012x}", **fields)
        for index in range(number)
    ]


def test_executions_come_newest_first_in_pages():
    full = Shelf(plan_of(task("a")), *many(5))
    read = full.reader.page

    first = read("default", ExecutionFilter(), limit=2, cursor=None)
    second = read("default", ExecutionFilter(), limit=2, cursor=first.next)
    third = read("default", ExecutionFilter(), limit=2, cursor=second.next)

    pages = [[each.id[-1] for each in page.items] for page in (first, second, third)]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    assert third.next is None


def test_executions_come_oldest_first_in_pages_too():
    full = Shelf(plan_of(task("a")), *many(5))

    pages, cursor = [], None
    for _ in range(3):
        page = full.reader.page(
            "default", ExecutionFilter(), limit=2, cursor=cursor, order="oldest"
        )
        pages.append([each.id[-1] for each in page.items])
        cursor = page.next

    assert pages == [["0", "1"], ["2", "3"], ["4"]]
    assert cursor is None


def test_a_cursor_of_one_order_is_none_of_the_other():
    read = Shelf(plan_of(task("a")), *many(5)).reader.page
    first = read("default", ExecutionFilter(), limit=2, cursor=None)

    with pytest.raises(InvalidCursorError):
        read("default", ExecutionFilter(), limit=2, cursor=first.next, order="oldest")


LARGE = {"inputs": {"n": 1}, "outputs": {"m": 1}, "storedInputs": {"key": "i", "size": 1}}
LEFT_OUT = {"inputs", "inputsUrl", "outputs", "outputsUrl"}


def test_a_summary_leaves_out_inputs_and_outputs_and_nothing_else():
    full = Shelf(plan_of(task("a")), *many(3, status="SUCCESS", **LARGE))
    whole = full.reader.page("default", ExecutionFilter(), limit=2, cursor=None)
    brief = full.reader.page_of_summaries("default", ExecutionFilter(), limit=2, cursor=None)

    assert brief.next == whole.next
    for each, summary in zip(whole.items, brief.items, strict=True):
        shown = each.model_dump(mode="json", by_alias=True)
        assert set(shown) >= LEFT_OUT
        assert summary.model_dump(mode="json", by_alias=True) == {
            name: value for name, value in shown.items() if name not in LEFT_OUT
        }


def test_summaries_of_large_executions_fit_into_one_answer():
    executions = many(3, status="SUCCESS", outputs={"text": "x" * 2_000_000})
    full = Shelf(plan_of(task("a")), *executions)

    page = full.reader.page_of_summaries("default", ExecutionFilter(), limit=10, cursor=None)

    assert (len(page.items), page.next) == (3, None)


def test_the_summary_of_one_execution_has_its_tasks_without_outputs():
    full = shelf("a", "b", **LARGE).record(
        a_run("a", stored=Stored(key="k", size=1)), a_run("b", outputs='{"v":1}')
    )

    whole = full.reader.detail("default", full.id).model_dump(mode="json", by_alias=True)
    brief = full.reader.detail_summary("default", full.id).model_dump(mode="json", by_alias=True)

    assert whole["execution"]["inputsUrl"] == "https://objects.example/i"
    for shown in (whole["execution"], *whole["tasks"]):
        for name in LEFT_OUT & set(shown):
            del shown[name]
    assert brief == whole


def test_task_runs_are_found_by_name_and_by_status():
    error = Failure(code="broken", message="it broke")
    full = shelf("a", "b", "c", status="FAILED")
    full.record(a_run("a", outputs="{}"), a_run("b", status="FAILED", error=error))

    def found(**wanted: Any) -> list[str]:
        chosen = TaskRunFilter(**wanted)
        whole = full.reader.task_runs("default", full.id, chosen, limit=9, cursor=None)
        brief = full.reader.task_run_summaries("default", full.id, chosen, limit=9, cursor=None)
        assert [run.task_name for run in brief.items] == [run.task_name for run in whole.items]
        assert all("outputs" not in run.model_dump(by_alias=True) for run in brief.items)
        return [run.task_name for run in whole.items]

    assert found(statuses=(TaskStatus.FAILED,)) == ["b"]
    assert found(statuses=(TaskStatus.SUCCESS, TaskStatus.FAILED)) == ["a", "b"]
    assert found(statuses=(TaskStatus.CANCELLED,)) == ["c"]
    assert found(task_name="a", statuses=(TaskStatus.FAILED,)) == []


def test_a_list_tells_when_the_next_attempt_of_the_whole_is_due_until_the_end():
    hence = utc_now() + timedelta(hours=1)
    waiting, over = (
        Shelf(plan_of(task("a")), *many(1, attempt=2, dueAt=hence, status=status))
        for status in ("RUNNING", "TIMED_OUT")
    )

    for full, due in ((waiting, hence), (over, None)):
        [found] = full.reader.page("default", ExecutionFilter(), limit=2, cursor=None).items
        assert found.due_at == due


def test_a_filter_that_finds_little_looks_on_for_a_while_only():
    full = Shelf(plan_of(task("a")), *many(200), *many(0))
    wanted = ExecutionFilter(statuses=(Status.FAILED,))

    page = full.reader.page("default", wanted, limit=1, cursor=None)

    assert page.items == ()
    assert page.next is not None
    assert full.pages.looks == MAX_LOOKS


def test_a_range_that_ends_before_it_begins_is_empty_and_not_asked_for():
    """DynamoDB answers such a one with an error."""
    no_table: Any = None
    wanted = ExecutionFilter(since=START, until=START - timedelta(seconds=1))

    found = ExecutionIndex(no_table).page_of_ids(
        Partition("recent", "default"), bounds=wanted.bounds(), limit=9, after=None
    )

    assert found == ([], None)


def test_executions_too_large_for_one_answer_go_into_the_next():
    executions = many(3, status="SUCCESS", outputs={"text": "x" * 2_000_000})
    full = Shelf(plan_of(task("a")), *executions)

    first = full.reader.page("default", ExecutionFilter(), limit=10, cursor=None)
    rest = full.reader.page("default", ExecutionFilter(), limit=10, cursor=first.next)

    assert [len(first.items), len(rest.items)] == [2, 1]
    assert rest.next is None


def test_lines_that_no_answer_holds_come_in_pages_that_lose_none():
    names = [f"t{number}" for number in range(90)]
    store = shelf(*names).record(
        *(a_run(name, logs=(line(0, "\n" * 8_000), line(1, "x" * 60_000))) for name in names)
    )
    pages: list[Any] = []
    cursor = None
    while not pages or cursor:
        page = store.reader.logs("default", store.id, cursor=cursor)
        pages.append(page.items)
        cursor = page.next

    assert [each.seq for page in pages for each in page] == list(range(1, 181))
    assert 1 < len(pages) < 10
