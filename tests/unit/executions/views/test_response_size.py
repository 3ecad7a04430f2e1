"""What one answer holds of an execution, however much was recorded."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.executions.task_runs import MAX_CHARACTERS, Failure, TaskRun, TaskStatus
from shared.executions.views.response_size import (
    MAX_BYTES,
    MAX_ITERATIONS,
    bounded_detail,
    fitting,
)
from shared.records import Record

NOW = datetime(2030, 1, 2, tzinfo=UTC)
SIX_MEGABYTES = 6 * 1024 * 1024


def a_run(name: str = "a", **fields: Any) -> TaskRun:
    return TaskRun(task_name=name, task_type="core.set", status=TaskStatus.SUCCESS, **fields)


def answered(runs: list[Any]) -> int:
    """Bytes of a function's answer with these runs."""
    body = f"[{','.join(run.model_dump_json(by_alias=True) for run in runs)}]"
    return len(json.dumps({"body": body}).encode())


def test_iterations_behind_the_first_are_left_to_the_list_of_task_runs():
    runs = [a_run("loop"), *(a_run("in", iteration=str(n)) for n in range(9_000)), a_run("last")]

    shown = list(bounded_detail("e", runs))

    assert len(shown) == MAX_ITERATIONS + 2
    assert [shown[0].task_name, shown[-1].task_name] == ["loop", "last"]
    assert shown[1].iteration == "0"


def test_outputs_that_do_not_fit_are_told_where_they_are():
    outputs = json.dumps({"text": '"' * 100_000})
    runs = [a_run(f"t{number}", outputs=outputs) for number in range(40)]

    shown = list(bounded_detail("e", runs))

    assert answered(shown) < SIX_MEGABYTES
    assert shown[0].outputs == outputs
    assert shown[-1].outputs is None
    assert shown[-1].outputs_url == "/api/v1/executions/e/tasks?taskName=t39"


def test_five_hundred_long_failures_fit():
    error = Failure(code="x", message="é" * 1_000)
    runs = [a_run(str(number), error=error, started_at=NOW) for number in range(500)]

    assert answered(list(bounded_detail("e", runs))) < SIX_MEGABYTES


@pytest.mark.parametrize("iteration", [None, "0"])
def test_failures_as_long_as_they_may_be_fit(iteration: str | None):
    error = Failure(code="x", message='"' * MAX_CHARACTERS)
    runs = [a_run(str(number), error=error, iteration=iteration) for number in range(500)]

    shown = list(bounded_detail("e", [*runs, a_run("last")]))

    assert answered(shown) < SIX_MEGABYTES
    assert shown[0].error == error
    assert shown[-1].task_name == "last"
    assert iteration or len(shown) == 501


class Sized(Record):
    size: int


def test_a_page_takes_what_fits_and_never_nothing():
    def cost(item: Sized) -> int:
        return item.size

    half = Sized(size=MAX_BYTES // 2)
    assert fitting([half] * 5, 10, cost) == (half, half)
    assert fitting([half] * 5, 1, cost) == (half,)
    huge = Sized(size=MAX_BYTES * 2)
    assert fitting([huge, half], 10, cost) == (huge,)
    assert fitting([], 10, cost) == ()
