"""What the routes that read executions refuse before, or because, they find nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.executions import handler
from shared.executions.store.indexes import ExecutionIndex
from shared.executions.views.reader import ExecutionReader, execution_reader
from tests.support.api import Answer, call
from tests.support.executions.bench import OnePlan
from tests.support.executions.payloads import InMemoryPayloads
from tests.support.executions.repository import InMemoryExecutions
from tests.support.plans import plan_of, task

BASE = "/api/v1/executions"


class NoPages(ExecutionIndex):
    """Of a table without executions."""

    def __init__(self) -> None:
        """There is nothing to look at."""

    def find_many(self, *_: Any, **__: Any) -> list[Any]:
        return []

    def page_of_ids(self, *_: Any, **__: Any) -> tuple[list[str], str | None]:
        return [], None


@pytest.fixture(autouse=True)
def reader() -> Iterator[None]:
    """Has the routes read where nothing is."""
    made = ExecutionReader(
        executions=InMemoryExecutions(),
        pages=NoPages(),
        plans=OnePlan(plan_of(task("a"))),
        payloads=InMemoryPayloads(),
    )
    handler.app.dependency_overrides[execution_reader] = lambda: made
    yield
    handler.app.dependency_overrides.clear()


def get(path: str) -> Answer:
    return call(handler.lambda_handler, "GET", BASE + path)


def test_a_list_of_nothing_is_empty() -> None:
    assert (get("").status, get("").json) == (200, [])


@pytest.mark.parametrize("path", ["", "/results", "/logs", "/tasks?taskName=a"])
@pytest.mark.parametrize("unknown", ["nonsense", "01890000-0000-7000-8000-000000000000"])
def test_an_unknown_execution_is_not_found(unknown: str, path: str) -> None:
    answer = get(f"/{unknown}{path}")

    assert (answer.status, answer.json["code"]) == (404, "execution_not_found")


@pytest.mark.parametrize("cursor", ["nonsense", "eyJwIjoiYSIsInEiOiJiIn0"])
def test_a_cursor_of_somebody_elses_making_is_refused(cursor: str) -> None:
    answer = get(f"?cursor={cursor}")

    assert (answer.status, answer.json["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    "query", ["since=2026-01-31T12:00:00+01:00", "until=2026-01-31T12:00:00.5+0100"]
)
def test_a_bare_plus_in_a_time_is_told(query: str) -> None:
    answer = get(f"?{query}")

    assert answer.status == 400
    message = answer.json["errors"][0]["message"]
    assert message == 'a "+" in a query means a blank: write it %2B'
    assert get(f"?{query.replace('+', '%2B')}").status == 200


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "status=DONE",
        "status=FAILED,DONE",
        "status=",
        "triggerType=clock",
        "triggerId=",
        "flowId=",
        "correlationId=",
        "namespace=",
        "namespace=Ops",
        "namespace=a/b",
        "flowId=nonsense",
        "flowId=01890A5D-AC96-774B-BCCE-B302099A8057",
        "parentId=nonsense",
        "retryOf=nonsense",
        "test=maybe",
        "order=shortest",
        "view=whole",
        "since=yesterday",
        "since=0.5",
        "since=1767225600",
        "until=20260101",
        "label=nocolon",
        "flow=1",
        "since=2026-01-01",
        # More than a key of an index holds.
        f"flowId={'x' * 2_049}",
        f"correlationId={'x' * 2_049}",
    ],
)
def test_a_wrong_filter_is_refused_by_name(query: str) -> None:
    answer = get(f"?{query}")

    assert (answer.status, answer.json["code"]) == (400, "invalid_request")
    assert answer.json["errors"][0]["path"] == f"query.{query.partition('=')[0]}"
