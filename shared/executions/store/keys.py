"""Keys of the executions table: one partition for each execution.

Item           sk                attributes
execution      `execution`       the execution, its index keys, its generation
segment        `segment#{path}`  generation, turn: who may write this segment's task runs
task run       `task#{name}`     one settled task, with its log lines
of a round     `within#{loop}#{round}/{name}`   the same inside a `flow.loop`, round by round

What is inside a `flow.loop` sorts behind all else, so that a turn reads no round but the present.
"""

import zlib

from shared.executions.models import Execution
from shared.executions.task_runs import TaskRun, row_key

ROUNDS = "within"
"""The prefix of the sort keys of task runs in rounds of a `flow.loop`: nothing sorts behind."""

ANY_RUN = ("task#", "task@", f"{ROUNDS}#", f"{ROUNDS}@")
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
    return _of_attempt("task", attempt)


def rounds_prefix(attempt: int) -> str:
    """Return the same of task runs in rounds of its loops."""
    return _of_attempt(ROUNDS, attempt)


def round_prefix(attempt: int, round_of: str) -> str:
    """Return the prefix of the sort keys of one round, `poll#3`."""
    return f"{rounds_prefix(attempt)}{round_of}/"


def run_key(execution: Execution, run: TaskRun) -> dict[str, str]:
    attempt, round_of = execution.attempt, run.round_of
    prefix = round_prefix(attempt, round_of) if round_of else run_prefix(attempt)
    return {"pk": f"{execution.tenant}#{execution.id}", "sk": f"{prefix}{row_key(run)}"}


def _of_attempt(prefix: str, attempt: int) -> str:
    return f"{prefix}#" if attempt == 1 else f"{prefix}@{attempt}#"


def open_shard(name: str) -> str:
    return OPEN_SHARDS[zlib.crc32(name.encode()) % len(OPEN_SHARDS)]
