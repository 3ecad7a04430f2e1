"""The rounds of a `flow.loop` as they run, one after the other, with pauses that cost nothing.

What a round came to is recorded in the loop's own row before the next begins; inside, a turn reads
the present round only (ADR 31).
"""

from datetime import datetime

from shared.executions.engine.budget import TurnBudget
from shared.executions.engine.context import TurnContext
from shared.executions.scheduling.current_attempt import CurrentAttempt
from shared.executions.scheduling.nodes import TaskInstance, inner_iteration
from shared.executions.scheduling.round_properties import is_last
from shared.executions.scheduling.rounds import Rounds


class LoopRounds:
    """The runner of rounds: begins the next when it is due, decides after each if it was the last.

    A loop that waits has no thread and no turn: when its next round begins is in its record.
    """

    def __init__(self, context: TurnContext, budget: TurnBudget) -> None:
        self._context = context
        self._budget = budget

    def advance(self, instance: TaskInstance, rounds: Rounds, due: list[datetime]) -> bool:
        """Begin the next round of an open loop; while it waits, until when goes into `due`."""
        if moment := self._context.awaited(self._context.run_of(instance)):
            due.append(moment)
            return False
        if not self._budget.allows_round():
            return False
        self.join(instance, rounds)
        return True

    def join(self, instance: TaskInstance, rounds: Rounds) -> None:
        """Go on with the present round, unless it waits; read what is recorded of it so far."""
        context = self._context
        if context.awaited(context.run_of(instance)):
            return
        rounds.has_begun = True
        iteration = inner_iteration(instance.iteration, rounds.index)
        body = TaskInstance(context.scheduler.children(instance.name)[0], iteration)
        found = context.read_round(context.execution, context.scheduler.round_of(body))
        # Containers stand before what they hold: which attempt counts, outer ones say.
        order = {each.task.name: n for n, each in enumerate(context.scheduler.inner(instance.name))}
        for run in sorted(found, key=lambda run: order[run.task_name]):
            inside = TaskInstance(context.scheduler.tasks[run.task_name], run.iteration or "")
            if not context.scheduler.shares_attempts(run, body):
                continue  # of an attempt of the loop that is over: counted in its record
            context.recorder.count_passed(run)
            if run.rounds == context.scheduler.rounds(inside):
                context.recorder.apply(run)
            else:
                context.recorder.count(run)

    def goes_on(self, instance: TaskInstance, this: CurrentAttempt, rounds: Rounds) -> bool:
        """Decide after a round whether there is another, and record when that begins.

        Raises one of MALFORMED (see `timeouts.py`) if `until` cannot be read.
        """
        context, recorder = self._context, self._context.recorder
        began_at, over_at = self._span(instance, rounds)
        now = max(began_at, over_at)
        bare = context.scopes.for_instance(
            context.scheduler, instance, attempt=this.attempt, now=now
        )
        scope = context.scopes.inside(context.scheduler, instance, rounds.index, bare)
        if is_last(instance.planned.task.properties, scope):
            return False
        if rounds.index + 1 >= rounds.limit:
            rounds.is_exhausted = True
            return False
        due_at = max(began_at, over_at + rounds.pause(scope.seed))
        recorder.round_passed(instance, this, rounds.index, due_at=due_at)
        recorder.forget_inside(instance)
        rounds.index += 1
        rounds.has_begun = False
        return True

    def _span(self, instance: TaskInstance, rounds: Rounds) -> tuple[datetime, datetime]:
        """Return when a round could begin, and when its last task ended; later turns find the same.

        It may have ended before it began: in an earlier execution, of which this one is a retry.
        """
        scheduler = self._context.scheduler
        iteration = inner_iteration(instance.iteration, rounds.index)
        body = [TaskInstance(each, iteration) for each in scheduler.children(instance.name)]
        ends = (scheduler.runs[each.key].finished_at for each in body)
        began_at = self._context.recorder.opened_at(body[0])
        return began_at, max((end for end in ends if end), default=began_at)
