"""The rules of order and outcome (flow language, sections 4, 5 and 10), pure, over what is settled.

The scheduler says which task instances may begin next; the turn runs them, and tells the scheduler
which became settled.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice, pairwise, takewhile

from shared.executions.scheduling.container_state import (
    BEFORE_ALL,
    ContainerState,
    room_made,
)
from shared.executions.scheduling.nodes import (
    Action,
    Complete,
    Skip,
    Start,
    TaskInstance,
    inner_iteration,
)
from shared.executions.scheduling.rounds import Rounds
from shared.executions.scheduling.task_tree import TaskTree, attempt_numbers
from shared.executions.task_runs import Failure, TaskRun, TaskStatus, node_key
from shared.flows.language.definition import RunWhen
from shared.flows.plans.plan import Plan, PlanTask, Section


class Scheduler(TaskTree):
    """A plan's lists, what is settled in them, and which containers are open."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.runs: dict[str, TaskRun] = {}
        self.entered: dict[str, ContainerState] = {}
        self._reaches: dict[str, dict[str, TaskInstance]] = {}
        self._chains = {id(tasks) for tasks in self.lists.values() if _is_chain(tasks)}
        self._settled: dict[tuple[int, str], int] = {}

    def apply(self, run: TaskRun) -> None:
        """Take note of a task run; only a terminal one settles its task instance."""
        self.runs[node_key(run.task_name, run.iteration or "")] = run

    def started_at(self, instance: TaskInstance) -> datetime | None:
        """Return when the concurrency limit of the nearest container left room for a task instance.

        None where there is no limit, and for when the container itself began.
        """
        parent = self.parent_of(instance)
        entered = self.entered.get(parent.key) if parent else None
        if entered is None or parent is None:
            return None
        if entered.items is not None:
            return entered.started.get(int(instance.iteration.rpartition(".")[2]))
        return self._had_room(
            self.list_of(parent.name, entered.branch), instance, entered.concurrency
        )

    def _had_room(
        self, tasks: Sequence[PlanTask], instance: TaskInstance, room: int
    ) -> datetime | None:
        """Return when a task of a list without an order had room: those start as written."""
        if room == 0 or any(planned.predecessors for planned in tasks):
            return None
        earlier = takewhile(lambda planned: planned.task.name != instance.name, tasks)
        before = [TaskInstance(planned, instance.iteration) for planned in earlier]
        over = (self.runs[each.key].finished_at for each in before if self._is_settled(each))
        ends = sorted(end or BEFORE_ALL for end in over)
        return room_made(ends, len(before), room)

    def rounds(self, instance: TaskInstance) -> str:
        """Return the attempts of its containers that a task instance is in (see `task_tree.py`)."""
        return self.container_attempts_of(instance.name, instance.iteration, self._round)

    def shares_attempts(self, run: TaskRun, instance: TaskInstance) -> bool:
        """Tell whether a run is of the present attempts of the containers round an instance.

        It may be further inside, and of a past attempt there.
        """
        known = attempt_numbers(self.rounds(instance), self.retried_above(instance.name))
        return attempt_numbers(run.rounds, len(known))[: len(known)] == known

    def _round(self, name: str, iteration: str, _rounds: str) -> int:
        run = self.runs.get(node_key(name, iteration))
        return run.attempt if run else 1

    def inside(self, container: TaskInstance) -> list[TaskInstance]:
        """Return the task instances in a container; of loops in it the known iterations."""
        inner = list(self.inner(container.name))
        loops = self.loops
        iterations = [container.iteration]
        if any(loops[each.task.name] != loops[container.name] for each in inner):
            names = {planned.task.name for planned in inner}
            within = f"{container.iteration}." if container.iteration else ""
            keys = (key.partition("#") for key in (*self.runs, *self.entered))
            found = (its for name, _, its in keys if name in names and its.startswith(within))
            iterations = list(dict.fromkeys((*iterations, *found)))
        return [TaskInstance(planned, iteration) for iteration in iterations for planned in inner]

    def forget(self, nodes: Iterable[TaskInstance]) -> None:
        """Forget the records of task instances: they are to run once more."""
        for instance in nodes:
            self.runs.pop(instance.key, None)
            self.entered.pop(instance.key, None)
            self._reaches.pop(instance.key, None)
            tasks = self.lists[
                instance.planned.parent or instance.planned.section, instance.planned.branch
            ]
            self._settled.pop((id(tasks), instance.iteration), None)

    def next_actions(self, section: Section) -> list[Action]:
        """Return what may be done now, in the order of the text; tasks under way come again."""
        found: list[Action] = []
        self._visit(self.list_of(section, None), "", found)
        return found

    def is_finished(self, section: Section) -> bool:
        tasks = self.list_of(section, None)
        open_ones = islice(tasks, self._passed(tasks, ""), None)
        return all(self._is_settled(TaskInstance(each)) for each in open_ones)

    def first_failure(self, section: Section) -> Failure | None:
        """Return the failure that came first in a section, among those that are not allowed."""
        return self._first_failure(self.list_of(section, None), "")

    def failure_in(self, loop: TaskInstance, iteration: str) -> Failure | None:
        """Return the failure that came first in one iteration of a loop."""
        return self._first_failure(self.list_of(loop.name, "tasks"), iteration)

    def is_open(self, key: str) -> bool:
        """Tell whether the task of this key is a container that waits for nothing but its tasks."""
        entered = self.entered.get(key)
        return entered is not None and not entered.is_between_rounds

    def executed(self, passed: Iterable[TaskRun] = ()) -> int:
        """Return how many tasks of the text ran to an end; a task in a loop counts once.

        `passed` are runs that the scheduler knows no more.
        """
        ends = {TaskStatus.SUCCESS, TaskStatus.FAILED, TaskStatus.TIMED_OUT}
        names = {run.task_name for run in chain(self.runs.values(), passed) if run.status in ends}
        return sum(self.tasks[name].section == "main" for name in names if name in self.tasks)

    def _visit(
        self, tasks: Sequence[PlanTask], iteration: str, found: list[Action], room: int = 0
    ) -> bool:
        """Collect the actions of one list, at most `room` tasks at once; True if all is settled."""
        is_settled, opened, is_chain = True, 0, id(tasks) in self._chains
        for planned in islice(tasks, self._passed(tasks, iteration), None):
            instance = TaskInstance(planned, iteration)
            if self._is_settled(instance):
                continue
            is_settled = False
            if room and opened >= room:
                break
            if instance.key in self.entered:
                self._visit_container(instance, found)
                opened += 1
            elif all(self._is_settled(before) for before in self._before(instance)):
                action = self._verdict(instance)
                found.append(action)
                opened += isinstance(action, Start)
            if is_chain:
                break
        return is_settled

    def _passed(self, tasks: Sequence[PlanTask], iteration: str) -> int:
        """Return how many settled tasks a list begins with: they need no second look."""
        place = (id(tasks), iteration)
        passed = self._settled.get(place, 0)
        while passed < len(tasks) and self._is_settled(TaskInstance(tasks[passed], iteration)):
            passed += 1
            self._settled[place] = passed
        return passed

    def _visit_container(self, instance: TaskInstance, found: list[Action]) -> None:
        entered = self.entered[instance.key]
        if entered.items is not None:
            self._visit_loop(instance, entered, found)
            return
        if entered.rounds is not None:
            self._visit_round(instance, entered.rounds, found)
            return
        tasks = self.list_of(instance.name, entered.branch) if entered.branch else []
        if self._visit(tasks, instance.iteration, found, entered.concurrency):
            found.append(Complete(instance, self._first_failure(tasks, instance.iteration)))

    def _visit_round(self, instance: TaskInstance, rounds: Rounds, found: list[Action]) -> None:
        """Collect the actions of a round; the next is to be started like a task, when it is due."""
        if not rounds.has_begun:
            found.append(Start(instance))
            return
        body = self.list_of(instance.name, "tasks")
        iteration = inner_iteration(instance.iteration, rounds.index)
        if self._visit(body, iteration, found):
            found.append(Complete(instance, self._first_failure(body, iteration)))

    def _visit_loop(
        self, instance: TaskInstance, entered: ContainerState, found: list[Action]
    ) -> None:
        body = self.list_of(instance.name, "tasks")
        busy = waiting = 0
        still: list[int] = []
        for index in entered.to_look_at():
            iteration = inner_iteration(instance.iteration, index)
            has_room = entered.has_room(busy=busy, waiting=waiting)
            if not has_room or self._is_stopped(entered, body, index, iteration):
                still += [each for each in entered.open if each >= index]
                break
            entered.start(index)
            known = len(found)
            if self._visit(body, iteration, found):
                self._finish_iteration(entered, body, index, iteration)
                continue
            still.append(index)
            if all(self._is_waiting(action) for action in found[known:]):
                waiting += 1
            else:
                busy += 1
        entered.open = still
        if busy + waiting == 0:
            found.append(Complete(instance, entered.failure))

    def _is_stopped(
        self, entered: ContainerState, body: list[PlanTask], index: int, iteration: str
    ) -> bool:
        """Tell whether an iteration may not start after a failure; one open at a crash goes on."""
        if entered.failure is None or not entered.fail_fast or index in entered.started:
            return False
        return not any(TaskInstance(planned, iteration).key in self.runs for planned in body)

    def _is_waiting(self, action: Action) -> bool:
        """Tell whether an action only waits: the task has a record, and that is not its end."""
        return isinstance(action, Start) and action.instance.key in self.runs

    def _finish_iteration(
        self, entered: ContainerState, body: list[PlanTask], index: int, iteration: str
    ) -> None:
        runs = (self.runs[TaskInstance(planned, iteration).key] for planned in body)
        ends = (run.finished_at for run in runs if run.finished_at)
        entered.finish(index, max(ends, default=None))
        if entered.failure is None:
            entered.failure = self._first_failure(body, iteration)

    def _verdict(self, instance: TaskInstance) -> Skip | Start:
        task = instance.planned.task
        effective = list(self._effective(instance))
        if task.run_when is RunWhen.DONE:
            blocked = dead = False
        elif task.run_when is RunWhen.FAILED:
            blocked = any(self._is_blocked(before) for before in effective)
            dead = not any(_failed(self.runs[before.key]) for before in effective)
        else:
            blocked = not all(self._satisfies(before) for before in effective)
            dead = bool(effective) and all(_skipped(self.runs[each.key]) for each in effective)
        if dead or task.disabled or (blocked and task.run_when is RunWhen.SUCCESS):
            return Skip(instance, blocked=blocked)
        return Start(instance)

    def _before(self, instance: TaskInstance) -> Iterator[TaskInstance]:
        for predecessor in instance.planned.predecessors:
            yield TaskInstance(self.tasks[predecessor.name], instance.iteration)

    def _effective(self, instance: TaskInstance) -> Iterable[TaskInstance]:
        """Return predecessors; a skip on the implied order is replaced by what came before it.

        The predecessors a task instance reaches never change once they are settled, so they are
        computed once: skipped tasks that read each other would make as many paths as there are
        subsets.
        """
        reached = self._reaches.get(instance.key)
        if reached is None:
            reached = {}
            for predecessor in instance.planned.predecessors:
                before = TaskInstance(self.tasks[predecessor.name], instance.iteration)
                run = self.runs[before.key]
                if not predecessor.written and _skipped(run):
                    reached.update((each.key, each) for each in self._effective(before))
                else:
                    reached[before.key] = before
            self._reaches[instance.key] = reached
        return reached.values()

    def _satisfies(self, instance: TaskInstance) -> bool:
        run = self.runs[instance.key]
        if _skipped(run):
            return not run.blocked
        return run.status is TaskStatus.SUCCESS or (
            _failed(run) and instance.planned.task.allow_failure
        )

    def _is_blocked(self, instance: TaskInstance) -> bool:
        run = self.runs[instance.key]
        return run.blocked or run.status is TaskStatus.CANCELLED

    def _is_settled(self, instance: TaskInstance) -> bool:
        run = self.runs.get(instance.key)
        return run is not None and run.status.is_terminal

    def _first_failure(self, tasks: Iterable[PlanTask], iteration: str) -> Failure | None:
        failures = [
            run
            for planned in tasks
            if not planned.task.allow_failure
            and (run := self.runs.get(TaskInstance(planned, iteration).key))
            and (_failed(run) or run.status is TaskStatus.CANCELLED)
        ]
        if not failures:
            return None
        first = min(failures, key=lambda run: (run.finished_at is None, run.finished_at))
        cause = first.error or Failure(code="task_cancelled", message="the task was cancelled")
        # A container's failure already names the inner task that is its cause.
        name = cause.task_name or first.task_name
        return cause.model_copy(update={"task_name": name, "status": first.status.value})


def _is_chain(tasks: Sequence[PlanTask]) -> bool:
    """Tell whether each task comes after the one before it: then one at a time is open."""
    return all(
        any(before.name == first.task.name for before in second.predecessors)
        for first, second in pairwise(tasks)
    )


def _failed(run: TaskRun) -> bool:
    return run.status in {TaskStatus.FAILED, TaskStatus.TIMED_OUT}


def _skipped(run: TaskRun) -> bool:
    return run.status is TaskStatus.SKIPPED
