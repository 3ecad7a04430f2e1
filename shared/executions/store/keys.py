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
"""The prefixes of the sort keys of task runs, in any attempt of the execution."""

OPEN_SHARDS = ("open#0", "open#1", "open#2", "open#3")
"""The partitions of the index of open executions: each takes 1,000 writes a second."""

COUNT = "count"
"""The sort key of a concurrency group's count, listed as open while somebody waits."""


def execution_key(tenant: str, execution_id: str) -> dict[str, str]:
    return {"pk": f"{tenant}#{execution_id}", "sk": "execution"}


def segment_key(tenant: str, execution_id: str, path: str) -> dict[str, str]:
    return {"pk": f"{tenant}#{execution_id}", "sk": f"segment#{path}"}


def run_prefix(attempt: int) -> str:
    """Return the prefix of the sort keys of task runs in attempt `attempt` of an execution."""
    return "task#" if attempt == 1 else f"task@{attempt}#"


def run_key(execution: Execution, run: TaskRun) -> dict[str, str]:
    return {
        "pk": f"{execution.tenant}#{execution.id}",
        "sk": f"{run_prefix(execution.attempt)}{row_key(run)}",
    }


def open_shard(name: str) -> str:
    return OPEN_SHARDS[zlib.crc32(name.encode()) % len(OPEN_SHARDS)]
