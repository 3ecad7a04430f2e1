"""The runner of a segment, turn by turn: a settled task is recorded before a dependent starts.

A turn may die anywhere. The next one reads what is recorded and goes on from there; a turn that
another has followed finds its fence refused and leaves the field (ADR 4).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.executions.engine.completion import Completion
from shared.executions.engine.context import TurnContext
from shared.executions.engine.credentials import CredentialAccess
from shared.executions.engine.messages import CONTINUE, DONE, TurnRequest, TurnResponse
from shared.executions.engine.patience import NotReadableYetError, Patience
from shared.executions.engine.recorder import Recorder
from shared.executions.engine.sealed_inputs import (
    InputAccess,
    OpenInputs,
    UnreadableInputsError,
)
from shared.executions.engine.turn import SegmentTurn, TurnEnd, TurnLimits, TurnResult
from shared.executions.models import FIRST_CHECK_AFTER, Execution, Status
from shared.executions.orchestration.wakeups import Waker
from shared.executions.scheduling.scheduler import Scheduler
from shared.executions.secrets import masking_of
from shared.executions.store.inputs import inputs_of
from shared.executions.store.payloads import OutputReader, PayloadStore
from shared.executions.store.repository import ExecutionRepository
from shared.executions.store.snapshots import ExecutionState, Suspension, TurnFence
from shared.executions.task_runs import Failure
from shared.executions.tasks.attempt_threads import FindPlugin, Threads
from shared.executions.tasks.clocks import Clocks
from shared.executions.tasks.credentials import ReadCredentials, TurnCredentials, none_stored
from shared.executions.tasks.durable import DurableTasks
from shared.executions.tasks.key_reads import ReadKey
from shared.executions.tasks.outcomes import failure_of
from shared.executions.tasks.scopes import ScopeBuilder
from shared.executions.tasks.timeouts import MALFORMED, read_duration
from shared.executions.variables import namespace_variables, read_nothing
from shared.flows.plans.plan import Plan
from shared.flows.plans.repository import PlanRepository
from shared.namespaces.models import ReadVariables
from shared.observability import logger
from shared.watchdog import Watchdog

MAX_TURNS = 1_000
"""The turns of one Step Functions run: each adds 7 to 13 events to a history that holds 25,000."""

MAX_WAIT = timedelta(days=180)
"""The longest Wait state: a run may take a year, and the next turn waits on."""


def as_it_is(execution: Execution) -> Execution:
    """Open nothing, where there is no key of secrets."""
    return execution


@dataclass(frozen=True)
class TurnServices:
    """The services a turn needs beyond its own execution.

    `set_timer(tenant, execution_id, at)` has the execution woken at about that moment; `start`
    starts the run of an execution's generation; `promote(group)` gives free slots of a concurrency
    group to those who wait for one; `read_variables` reads those of a namespace, `read_key` finds
    what `kv()` reads, `read_credentials` what revisions name; `open_inputs` opens what is sealed of
    an execution.
    """

    durable_tasks: DurableTasks
    waker: Waker
    set_timer: Callable[[str, str, datetime], None]
    start: Callable[[Execution], None]
    promote: Callable[[str], object]
    read_key: ReadKey
    read_variables: ReadVariables = read_nothing
    read_credentials: ReadCredentials = none_stored
    open_inputs: OpenInputs = as_it_is


class SegmentRunner:
    """The runner of turns; `abandon` ends the process and does not return.

    `watchdog` makes the overseer of what a turn evaluates itself.
    """

    def __init__(  # noqa: PLR0913 - everything a turn touches, each named
        self,
        *,
        executions: ExecutionRepository,
        plans: PlanRepository,
        payloads: PayloadStore,
        clocks: Clocks,
        find_plugin: FindPlugin,
        services: TurnServices,
        abandon: Callable[[], None],
        most_turns: int = MAX_TURNS,
        watchdog: Callable[[], Watchdog] = Watchdog,
    ) -> None:
        self._executions = executions
        self._plans = plans
        self._payloads = payloads
        self._completion = Completion(executions, payloads, clocks.now)
        self._patience = Patience(executions, clocks.now)
        self._inputs = InputAccess(services.open_inputs, payloads, self._patience)
        self._credentials = CredentialAccess(services.read_credentials, self._patience)
        self._clocks = clocks
        self._find_plugin = find_plugin
        self._services = services
        self._abandon = abandon
        self._most_turns = most_turns
        self._watchdog = watchdog

    def run(self, turn: TurnRequest, remaining: Callable[[], float]) -> TurnResponse:
        """Run one turn; `remaining` tells the seconds before the platform stops this function."""
        if turn.token:
            return self._keep_token(turn, turn.token)
        entry = self._executions.enter_segment(
            turn.tenant, turn.execution_id, generation=turn.generation, path=turn.segment
        )
        if entry and entry.superseded_token:
            self._services.waker.release(entry.superseded_token)
        state = self._executions.load(turn.tenant, turn.execution_id, has_rounds=False)
        if entry is None or state is None or not _is_ours(state.execution, turn):
            if state and state.execution.status.is_terminal:
                # The turn that ended it may have died before it could say so.
                self._tell_others(state.execution)
            logger.info("turn is not ours", extra={"generation": turn.generation})
            return DONE
        logger.append_keys(requestId=state.execution.request_id)
        due_at = state.execution.due_at
        if due_at and due_at > self._clocks.now():
            return self._wait_until(due_at)
        running = self._running(state.execution, entry)
        if running is None:
            return DONE
        if entry.turn - running.turns_before > self._most_turns:
            return self._continue_as_new(running, entry)
        return self._run_segment(replace(state, execution=running), turn.segment, entry, remaining)

    def _continue_as_new(self, execution: Execution, entry: TurnFence) -> TurnResponse:
        """Go on in a new run, before this one's history is full.

        If the start does not come to pass, the reconciler finds a generation without a run.
        """
        state = self._executions.load(execution.tenant, execution.id, has_outputs=False)
        records = len(state.runs) if state else 0
        moved = self._executions.continue_as_new(
            execution,
            turns=entry.turn,
            records=records,
            check_at=self._clocks.now() + FIRST_CHECK_AFTER,
        )
        if moved:
            logger.info("going on in a new run", extra={"turns": entry.turn})
            self._services.start(
                execution.model_copy(update={"generation": execution.generation + 1})
            )
        return DONE

    def _keep_token(self, turn: TurnRequest, token: str) -> TurnResponse:
        entry = TurnFence(fence=turn.fence, wakes=turn.wakes)
        self._services.waker.register(turn.tenant, turn.execution_id, entry=entry, token=token)
        return DONE

    def _running(self, execution: Execution, entry: TurnFence) -> Execution | None:
        if execution.status is Status.RUNNING and not execution.is_parked:
            return execution
        return self._executions.mark_running(execution, fence=entry.fence, now=self._clocks.now())

    def _run_segment(
        self,
        state: ExecutionState,
        path: str,
        entry: TurnFence,
        remaining: Callable[[], float],
    ) -> TurnResponse:
        execution = state.execution
        plan = self._plans.get(execution.tenant, execution.flow_id, execution.flow_revision)
        try:
            execution, refusal = self._inputs.of_turn(execution, plan, entry, path)
            credentials = self._credentials.of_turn(execution, plan, entry, path)
        except NotReadableYetError as error:
            return self._wait_until(error.due_at)
        except UnreadableInputsError as error:
            return self._break_off(state, error.failure)
        execution = execution.model_copy(update={"credential_secrets": credentials.secrets})
        with self._watchdog() as watchdog:
            context = self._context(execution, plan, credentials, entry.fence)
            segment = SegmentTurn(context, self._limits(context, refusal, remaining))
            try:
                result = segment.run(state.runs)
                if result.kind is TurnEnd.FINISHED:
                    self._finish(plan, segment, state)
            finally:
                # A thread that outlived its time must not thaw in somebody else's invocation: the
                # process ends instead of answering, and the next turn goes on from the records.
                if segment.context.threads.has_strays() or watchdog.has_strays():
                    logger.warning("a task's thread outlived its time; ending the process")
                    self._abandon()
        credentials.note_uses()
        if result.kind is TurnEnd.SUSPENDED:
            return self._suspend(execution, result, entry)
        return self._answer(execution, result, entry)

    def _break_off(self, state: ExecutionState, failure: Failure) -> TurnResponse:
        """End an execution without a look at its tasks: what they say could not be masked."""
        if self._completion.break_off(state, failure, self._services.durable_tasks):
            self._tell_others(state.execution)
        return DONE

    def _suspend(self, execution: Execution, result: TurnResult, entry: TurnFence) -> TurnResponse:
        """Suspend the execution until it is woken; the reconciler checks it in case nobody can."""
        now = self._clocks.now()
        suspension = Suspension(
            is_paused=result.is_paused,
            wake_at=result.due_at,
            check_at=min(result.due_at or now + FIRST_CHECK_AFTER, now + FIRST_CHECK_AFTER),
        )
        if not self._executions.suspend(execution, suspension, fence=entry.fence):
            return DONE
        if result.due_at:
            self._services.set_timer(execution.tenant, execution.id, result.due_at)
        return TurnResponse(next="park", fence=entry.fence, wakes=entry.wakes)

    def _context(
        self, execution: Execution, plan: Plan, credentials: TurnCredentials, fence: int
    ) -> TurnContext:
        scheduler = Scheduler(plan)
        read = OutputReader(self._payloads)
        variables = namespace_variables(execution, self._services.read_variables)
        scopes = ScopeBuilder(
            execution,
            plan,
            read,
            inputs_of(execution, read.stored),
            variables=variables,
            read_key=self._services.read_key,
            credential=credentials.find,
        )
        masking = masking_of(execution)
        recorder = Recorder(
            executions=self._executions,
            execution=execution,
            scheduler=scheduler,
            scopes=scopes,
            fence=fence,
            masking=masking,
            payloads=self._payloads,
            now=self._clocks.now,
        )
        return TurnContext(
            plan=plan,
            execution=execution,
            scheduler=scheduler,
            scopes=scopes,
            recorder=recorder,
            masking=masking,
            threads=Threads(
                clocks=self._clocks,
                find_plugin=self._find_plugin,
                execution=execution,
                masking=masking,
            ),
            clocks=self._clocks,
            durable_tasks=self._services.durable_tasks,
            read_round=self._executions.load_round,
        )

    def _limits(
        self, context: TurnContext, refusal: Failure | None, remaining: Callable[[], float]
    ) -> TurnLimits:
        execution = context.execution
        deadline, unread = _deadline(execution, context.plan, context.scopes)
        return TurnLimits(
            deadline=deadline,
            refusal=refusal or unread,
            remaining=remaining,
            is_ours=lambda: self._is_still(execution),
            terminate=lambda reason: self._executions.mark_terminating(execution, reason),
        )

    def _finish(self, plan: Plan, segment: SegmentTurn, began: ExecutionState) -> None:
        # A write whose answer was lost is tried again by the client, and refused: it has ended.
        if self._completion.complete(plan, segment, began) or not self._is_still(segment.execution):
            self._tell_others(segment.execution)

    def _tell_others(self, execution: Execution) -> None:
        """Wake, after the end, the execution that waits for this one, and hand its slot on.

        These are hints: the parent looks now and then itself, and the reconciler promotes too.
        """
        if execution.parent:
            self._services.waker.wake(execution.tenant, execution.parent.execution_id)
        if execution.slot:
            self._services.promote(execution.slot.line)

    def _is_still(self, execution: Execution) -> bool:
        current = self._executions.find(execution.tenant, execution.id)
        return (
            current is not None
            and current.generation == execution.generation
            and not current.status.is_terminal
        )

    def _answer(self, execution: Execution, result: TurnResult, entry: TurnFence) -> TurnResponse:
        if result.kind is TurnEnd.OUT_OF_TIME:
            return CONTINUE
        if result.due_at is None:
            return DONE
        if result.kind is TurnEnd.NEXT_ATTEMPT and not self._executions.next_attempt(
            execution, fence=entry.fence, due_at=result.due_at
        ):
            return DONE
        return self._wait_until(result.due_at)

    def _wait_until(self, due_at: datetime) -> TurnResponse:
        seconds = min(due_at - self._clocks.now(), MAX_WAIT).total_seconds()
        return (
            TurnResponse(next="wait", delay_seconds=math.ceil(seconds)) if seconds > 0 else CONTINUE
        )


def _is_ours(execution: Execution, turn: TurnRequest) -> bool:
    is_open = not execution.status.is_terminal and not execution.is_waiting
    return is_open and execution.generation == turn.generation


def _deadline(
    execution: Execution, plan: Plan, scopes: ScopeBuilder
) -> tuple[datetime | None, Failure | None]:
    """Return when the flow's time-out is reached, and the failure if its field cannot be read."""
    if plan.timeout is None:
        return None, None
    started_at = execution.started_at or execution.created_at
    try:
        timeout = read_duration(plan.timeout, scopes.for_flow(now=started_at), "timeout")
    except MALFORMED as error:
        failure = failure_of(error, masking_of(execution))
        return None, failure.model_copy(update={"status": Status.FAILED.value})
    return started_at + timeout, None
