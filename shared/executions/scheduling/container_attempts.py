"""Task runs of a container, by its attempts."""

from collections.abc import Mapping

from shared.executions.scheduling.task_tree import TaskTree
from shared.executions.task_runs import TaskRun, node_key


def latest_runs(tree: TaskTree, runs: Mapping[str, TaskRun]) -> dict[str, TaskRun]:
    """Return the task runs of the current attempt of each container, by task instance.

    `runs` by the keys of their rows, as an execution's records are read.
    """
    if not tree.has_container_retries:
        return dict(runs)

    def round_of(name: str, iteration: str, rounds: str) -> int:
        run = runs.get(node_key(name, iteration, rounds))
        return run.attempt if run else 1

    return {
        node_key(run.task_name, run.iteration or ""): run
        for run in runs.values()
        if run.task_name not in tree.loops
        or run.rounds == tree.container_attempts_of(run.task_name, run.iteration or "", round_of)
    }


def past_runs(latest: Mapping[str, TaskRun], runs: Mapping[str, TaskRun]) -> list[TaskRun]:
    """Return the other runs: those of container attempts that were followed by another one."""
    return [
        run
        for run in runs.values()
        if latest.get(node_key(run.task_name, run.iteration or "")) is not run
    ]
