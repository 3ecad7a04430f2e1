"""Giving the rows of an ended execution their time to go."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.executions.models import Status
from shared.executions.store.repository import EXPIRED_AT_ONCE, ExecutionRepository
from shared.executions.store.snapshots import End
from tests.support.executions.repository import execution_of
from tests.support.plans import plan_of, task

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class ManyRows:
    """A table with the rows of one execution, and its client; each update waits for its peers."""

    name = "executions"

    def __init__(self, number: int) -> None:
        self.meta, self.client = self, self
        self.keys = [{"pk": "p", "sk": f"task#{each}"} for each in range(number)]
        self.written: list[str] = []
        self.together = threading.Barrier(EXPIRED_AT_ONCE)
        self.error: Exception | None = None

    def query(self, **_query: Any) -> Any:
        return {"Items": [{"pk": "p", "sk": "execution"}, *self.keys]}

    def update_item(self, **request: Any) -> None:
        key = request["Key"]["sk"]
        if key != "execution":
            self.together.wait(timeout=10)
            if self.error:
                raise self.error
        self.written.append(key)


def finish(table: Any) -> bool:
    execution = execution_of(plan_of(task("a")), retentionSeconds=60)
    return ExecutionRepository(table).finish(execution, End(Status.SUCCESS, 1), now=NOW)


@pytest.mark.timing
def test_rows_are_written_several_at_once_and_the_end_comes_last():
    table = ManyRows(2 * EXPIRED_AT_ONCE)

    assert finish(table)

    assert len(table.written) == 2 * EXPIRED_AT_ONCE + 1
    assert table.written[-1] == "execution"


@pytest.mark.timing
def test_an_execution_whose_rows_cannot_be_written_has_not_ended():
    table = ManyRows(EXPIRED_AT_ONCE)
    table.error = ConnectionError()

    with pytest.raises(ConnectionError):
        finish(table)

    assert table.written == []
