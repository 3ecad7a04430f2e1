"""Copies of task runs, for an execution that retries another."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from shared.executions.models import Execution
from shared.executions.store.items import run_to_item
from shared.executions.store.payloads import PayloadStore, payload_store
from shared.executions.store.table import executions_table
from shared.executions.task_runs import TaskRun

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

COPIES_AT_ONCE = 16
"""The objects copied at once; there are 333 at most, and an API's answer has 29 seconds."""


class CopyRepository:
    """The writer of task runs of an execution that is not there yet."""

    def __init__(self, table: "Table", payloads: PayloadStore) -> None:
        self._table = table
        self._payloads = payloads

    def put(self, execution: Execution, runs: Iterable[TaskRun]) -> None:
        """Put copies, objects first; putting them twice is the same as once.

        Each execution has objects of its own: they go when its own retention is over.
        """
        runs = list(runs)
        stored = [run.stored for run in runs if run.stored]
        with ThreadPoolExecutor(COPIES_AT_ONCE) as pool:
            copies = iter(
                list(pool.map(lambda each: self._payloads.copy_to(execution, each), stored))
            )
        with self._table.batch_writer() as batch:
            for run in runs:
                own = run.model_copy(update={"stored": next(copies)}) if run.stored else run
                batch.put_item(Item=run_to_item(execution, own))


@cache
def copy_repository() -> CopyRepository:
    return CopyRepository(executions_table(), payload_store())
