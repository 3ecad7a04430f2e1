"""The rules of order and outcome (flow language, section 5) as pure functions over records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.executions.models import Failure, TaskRun, TaskStatus
from shared.flows.definition import RunWhen
from shared.flows.plan import Plan, PlanTask

Runs = Mapping[str, TaskRun]
"""What is recorded, by task name."""


@dataclass(frozen=True)
class Skip:
    """Do not run the task; `blocked` when the cause is a failure upstream."""

    blocked: bool


@dataclass(frozen=True)
class Start:
    """Nothing upstream forbids the task; its own `when` still may."""


Verdict = Skip | Start


class Board:
    """A plan's tasks, and which of them may be decided given what is recorded."""

    def __init__(self, plan: Plan) -> None:
        self.tasks = {planned.task.name: planned for planned in plan.tasks}

    def decidable(self, runs: Runs) -> list[tuple[PlanTask, Verdict]]:
        """The unrecorded tasks whose predecessors are all terminal, in the order of the text."""
        return [
            (planned, self._verdict(planned, runs))
            for name, planned in self.tasks.items()
            if not _settled(runs, name)
            and all(_settled(runs, before.name) for before in planned.predecessors)
        ]

    def is_finished(self, runs: Runs) -> bool:
        return all(_settled(runs, name) for name in self.tasks)

    def _verdict(self, planned: PlanTask, runs: Runs) -> Verdict:
        effective = self._effective(planned, runs)
        if planned.task.run_when is RunWhen.DONE:
            blocked = dead = False
        elif planned.task.run_when is RunWhen.FAILED:
            blocked = any(_blocked(runs[name]) for name in effective)
            dead = not any(_failed(runs[name]) for name in effective)
        else:
            blocked = not all(self._satisfies(name, runs) for name in effective)
            dead = bool(effective) and all(_skipped(runs[name]) for name in effective)
        if dead or planned.task.disabled or (blocked and planned.task.run_when is RunWhen.SUCCESS):
            return Skip(blocked=blocked)
        return Start()

    def _effective(self, planned: PlanTask, runs: Runs) -> list[str]:
        """Predecessor names; a skip on the implied order is replaced by what came before it."""
        names: dict[str, None] = {}
        for before in planned.predecessors:
            if not before.written and _skipped_alone(runs[before.name]):
                names.update(dict.fromkeys(self._effective(self.tasks[before.name], runs)))
            else:
                names[before.name] = None
        return list(names)

    def _satisfies(self, name: str, runs: Runs) -> bool:
        run = runs[name]
        if run.status is TaskStatus.SKIPPED:
            return not run.blocked
        return run.status is TaskStatus.SUCCESS or (
            _failed(run) and self.tasks[name].task.allow_failure
        )


def _settled(runs: Runs, name: str) -> bool:
    return name in runs and runs[name].status.is_terminal


def _failed(run: TaskRun) -> bool:
    return run.status in {TaskStatus.FAILED, TaskStatus.TIMED_OUT}


def _skipped(run: TaskRun) -> bool:
    return run.status is TaskStatus.SKIPPED


def _blocked(run: TaskRun) -> bool:
    return run.blocked or run.status is TaskStatus.CANCELLED


def _skipped_alone(run: TaskRun) -> bool:
    return _skipped(run) and not run.blocked


def first_failure(board: Board, runs: Runs) -> Failure | None:
    """The failure that came first among those that are not allowed, as the execution's error."""
    failures = [
        run
        for name, planned in board.tasks.items()
        if not planned.task.allow_failure
        and (_failed(run := runs[name]) or run.status is TaskStatus.CANCELLED)
    ]
    if not failures:
        return None
    first = min(failures, key=lambda run: (run.finished_at is None, run.finished_at))
    cause = first.error or Failure(code="task_cancelled", message="the task was cancelled")
    return cause.model_copy(update={"task_name": first.task_name, "status": first.status.value})


def executed(runs: Iterable[TaskRun]) -> int:
    """How many of the recorded tasks ran to an end of their own."""
    ends = {TaskStatus.SUCCESS, TaskStatus.FAILED, TaskStatus.TIMED_OUT}
    return sum(run.status in ends for run in runs)
