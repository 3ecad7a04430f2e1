"""Keys of the executions table: one partition for each execution.

Item           sk                attributes
execution      `execution`       the execution, its index keys, its generation
segment        `segment#{path}`  generation, turn: who may write this segment's task runs
task run       `task#{name}`     one settled task, with its log lines
"""

import zlib

from shared.executions.models import Execution
from shared.executions.task_runs import TaskRun, row_key

ANY_RUN = ("task#", "task@")
"""Prefixes of the sort keys of task runs, whichever attempt of the execution they belong to."""

OPEN_SHARDS = ("open#0", "open#1", "open#2", "open#3")
"""One partition of an index takes 1,000 writes a second; open executions spread over four."""

COUNT = "count"
"""The sort key of a line's count, which stands among open executions while somebody waits."""


def execution_key(tenant: str, execution_id: str) -> dict[str, str]:
    return {"pk": f"{tenant}#{execution_id}", "sk": "execution"}


def segment_key(tenant: str, execution_id: str, path: str) -> dict[str, str]:
    return {"pk": f"{tenant}#{execution_id}", "sk": f"segment#{path}"}


def run_prefix(attempt: int) -> str:
    """Where the task runs of one attempt of the whole execution stand."""
    return "task#" if attempt == 1 else f"task@{attempt}#"


def run_key(execution: Execution, run: TaskRun) -> dict[str, str]:
    return {
        "pk": f"{execution.tenant}#{execution.id}",
        "sk": f"{run_prefix(execution.attempt)}{row_key(run)}",
    }


def open_shard(name: str) -> str:
    return OPEN_SHARDS[zlib.crc32(name.encode()) % len(OPEN_SHARDS)]
