"""The outputs of a `flow.foreach`: what its iterations came to, and which of them failed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.executions.scheduling.container_state import ContainerState
from shared.executions.scheduling.nodes import TaskInstance, inner_iteration
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.task_runs import Failure, TaskRun, node_key, shortened
from shared.expressions import Scope, parse_expression
from shared.json_text import Json, compact

MAX_MESSAGE = 1_000
"""The bytes of a message in `errors`, as JSON, and what says that it was cut beside: 10,000 of them
fit into one output."""


@dataclass(frozen=True)
class Inside:
    """The readers of what a loop holds.

    `outputs` gives those of a task run, `scope` the names that are known in iteration `index`.
    """

    outputs: Callable[[TaskRun], Json]
    scope: Callable[[int], Scope]


def foreach_outputs(
    scheduler: Scheduler, instance: TaskInstance, entered: ContainerState, inside: Inside
) -> dict[str, Json]:
    """Return the outputs of a loop in which all is settled.

    `results` holds a map of task name to outputs for each item; with `collect` its value, null for
    an iteration that failed or never began. Raises TemplateError where it cannot be evaluated.
    """
    collect = instance.planned.task.properties.get("collect")
    names = [planned.task.name for planned in scheduler.inner(instance.name)]
    results, errors = list[Json](), list[Json]()
    for index, (key, _) in enumerate(entered.items or ()):
        iteration = inner_iteration(instance.iteration, index)
        failure = scheduler.failure_in(instance, iteration)
        if failure:
            errors.append(_error(index, key, failure))
        runs = runs_in(scheduler, names, iteration)
        if collect is None:
            results.append({name: inside.outputs(run) for name, run in runs.items()})
        else:
            is_good = runs and not failure
            results.append(_collected(collect, inside.scope(index)) if is_good else None)
    return {"count": len(results), "failed": len(errors), "results": results, "errors": errors}


def runs_in(scheduler: Scheduler, names: Iterable[str], iteration: str) -> dict[str, TaskRun]:
    """Return what is recorded of some tasks in one iteration, by name."""
    found = ((name, scheduler.runs.get(node_key(name, iteration))) for name in names)
    return {name: run for name, run in found if run}


def _error(index: int, key: str | None, failure: Failure) -> dict[str, Json]:
    return {
        "index": index,
        "key": key,
        "taskName": failure.task_name,
        "code": failure.code,
        "message": _message(failure.message),
    }


def _message(text: str) -> str:
    characters = MAX_MESSAGE
    while (size := len(compact(text[:characters]).encode()) - len('""')) > MAX_MESSAGE:
        characters = characters * MAX_MESSAGE // size
    return shortened(text, characters)


def _collected(collect: Any, scope: Scope, place: str = "properties.collect") -> Json:
    """Evaluate an expression, or a map of field to expression; what is no text stays as it is."""
    if isinstance(collect, Mapping):
        return {
            name: _collected(value, scope, f"{place}.{name}") for name, value in collect.items()
        }
    return parse_expression(collect).evaluate(scope, place) if isinstance(collect, str) else collect
