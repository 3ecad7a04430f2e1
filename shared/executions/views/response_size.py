"""The part of an execution that one answer holds: a function answers at most 6 MB."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from shared.executions.task_runs import TaskRun
from shared.records import Record

MAX_BYTES = 4_500_000
"""The size of a function's answer; the rest is for its frame and for rough counts."""
SHORT_MESSAGE_CHARACTERS = 200
"""The length that messages are cut to where all of them together are too long."""
MAX_ITERATIONS = 500
"""The task runs of loops in the answer of one execution; the list of its task runs has them all."""

Shown = TypeVar("Shown", bound=Record)


def cost_of(shown: Record) -> int:
    """Return the bytes it takes in an answer: JSON in a string, so all is escaped once more."""
    return len(json.dumps(shown.model_dump_json(by_alias=True)))


def bounded_detail(execution_id: str, runs: Iterable[TaskRun]) -> Iterator[TaskRun]:
    """Yield every task, the first iterations, and outputs as far as they fit; then `outputsUrl`."""
    chosen = list(_bearable(_first_iterations(runs)))
    bare = [_bare(run) for run in chosen]
    room = MAX_BYTES - sum(map(cost_of, bare))
    for run, without in zip(chosen, bare, strict=True):
        cost = len(json.dumps(json.dumps(run.outputs))) if run.outputs else 0
        if cost <= room:
            room -= cost
            yield run
            continue
        url = f"/api/v1/executions/{execution_id}/tasks?taskName={run.task_name}"
        yield without.model_copy(update={"outputs_url": url})


def _first_iterations(runs: Iterable[TaskRun]) -> Iterator[TaskRun]:
    iterations = 0
    for run in runs:
        iterations += run.iteration is not None
        if run.iteration is None or iterations <= MAX_ITERATIONS:
            yield run


def _bearable(runs: Iterable[TaskRun]) -> Iterator[TaskRun]:
    """Yield as many iterations as fit without outputs; of later tasks, shorter errors."""
    size, is_full = 0, False
    for run in runs:
        cost = cost_of(_bare(run))
        is_full = is_full or size + cost > MAX_BYTES
        if not is_full:
            size += cost
            yield run
        elif run.iteration is None:
            yield _shortened(run)


def _bare(run: TaskRun) -> TaskRun:
    return run.model_copy(update={"outputs": None})


def _shortened(run: TaskRun) -> TaskRun:
    if run.error is None or len(run.error.message) <= SHORT_MESSAGE_CHARACTERS:
        return run
    message = f"{run.error.message[:SHORT_MESSAGE_CHARACTERS]}…"
    return run.model_copy(update={"error": run.error.model_copy(update={"message": message})})


def fitting(
    items: Sequence[Shown], limit: int, cost: Callable[[Shown], int] = cost_of
) -> tuple[Shown, ...]:
    """Return as many of the first items as one answer holds, one at least."""
    size = 0
    for count, item in enumerate(items[:limit]):
        size += cost(item)
        if count and size > MAX_BYTES:
            return tuple(items[:count])
    return tuple(items[:limit])
