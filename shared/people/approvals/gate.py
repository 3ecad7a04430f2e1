"""`flow.gate`: a task that waits until a person decides, or its time-out does.

The approval's id is a function of the task that asks: a poll that is repeated finds the approval
that an earlier one made. The first who changes the approval, with a condition, has decided.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from shared.durations import format_duration
from shared.executions.models import Execution
from shared.executions.secrets import masking_of
from shared.executions.task_runs import Failure, LogLine, TaskRun, TaskStatus
from shared.executions.tasks.durable import DurableState, Poll
from shared.ids import id_of
from shared.people.approvals.gate_properties import MAX_NAMES_IN_LINE, GateProperties, read_gate
from shared.people.approvals.models import Approval, ApprovalStatus, Decision
from shared.people.approvals.repository import ApprovalRepository
from shared.times import to_rfc3339

TRIES = 5


@dataclass(frozen=True)
class GateTask:
    """The durable task of gates: it asks for approvals and follows them."""

    approvals: ApprovalRepository

    def step(self, poll: Poll) -> DurableState:
        gate = _gate_of(poll)
        approval = self._asked(poll, gate)
        for _ in range(TRIES):
            due = _due(approval, gate, poll.now)
            if due is approval or self._store(approval, due):
                return _step(due, gate, poll)
            approval = self._get(poll)  # somebody was first
        return _step(approval, gate, poll)

    def cancel(self, poll: Poll) -> DurableState | None:
        """Close the approval; a decision that came before stands."""
        if self.approvals.close(poll.execution.tenant, approval_id(poll), at=poll.now):
            return None
        approval = self._get(poll)
        step = _step(approval, _gate_of(poll), poll)
        return step if step.status.is_terminal else None

    def keep_until(self, execution: Execution, run: TaskRun, at: datetime) -> None:
        asked = json.loads(run.outputs or "{}").get("approvalId")
        if asked:
            self.approvals.keep_until(execution.tenant, asked, at=at)

    def _asked(self, poll: Poll, gate: GateProperties) -> Approval:
        if poll.run is not None:
            return self._get(poll)
        approval = _new(poll, gate)
        return approval if self.approvals.add(approval) else self._get(poll)

    def _get(self, poll: Poll) -> Approval:
        tenant, its_id = poll.execution.tenant, approval_id(poll)
        found = self.approvals.find(tenant, its_id)
        # Closed before it was asked: as good as one that was closed right after.
        closed = {"status": ApprovalStatus.CANCELLED}
        return found or _new(poll, _gate_of(poll)).model_copy(update=closed)

    def _store(self, approval: Approval, due: Approval) -> bool:
        if due.status is ApprovalStatus.EXPIRED:
            return self.approvals.expire(due)
        return self.approvals.remind(approval, due)


def approval_id(poll: Poll) -> str:
    """Return an id that all polls of a task share, another one for each iteration and attempt."""
    attempt = poll.execution.attempt
    digest = hashlib.sha256(f"{poll.execution.id}/{attempt}/{poll.key}".encode()).digest()
    return id_of(poll.started_at, digest)


def _gate_of(poll: Poll) -> GateProperties:
    """Return the properties of a gate as they may be shown: with their secrets masked."""
    gate, mask = read_gate(poll.properties), masking_of(poll.execution).text
    return replace(
        gate,
        message=mask(gate.message),
        approvers=tuple(map(mask, gate.approvers)),
        escalate=tuple(
            each.model_copy(update={"to": tuple(map(mask, each.to))}) for each in gate.escalate
        ),
    )


def _new(poll: Poll, gate: GateProperties) -> Approval:
    """Return the approval that asks the question."""
    return Approval(
        tenant=poll.execution.tenant,
        id=approval_id(poll),
        execution_id=poll.execution.id,
        flow_id=poll.execution.flow_id,
        task_name=poll.task_name,
        iteration=poll.key.partition("#")[2].partition("/")[0] or None,
        message=gate.message,
        approvers=gate.approvers,
        requested_at=poll.now,
        expires_at=None if gate.timeout is None else poll.now + gate.timeout,
    )


def _due(approval: Approval, gate: GateProperties, now: datetime) -> Approval:
    """Return the approval after all that is due; the same object when nothing is."""
    if not approval.is_pending:
        return approval
    if approval.expires_at and approval.expires_at <= now:
        return approval.expired(gate.on_timeout, at=now)
    age = now - approval.requested_at
    reminders = sum(after <= age for after in gate.remind)
    reached = [each for each in gate.escalate if each.after <= age]
    if (reminders, len(reached)) == (approval.reminders, approval.escalations):
        return approval
    # Without approvers everybody may decide: adding names would take that away.
    added = chain.from_iterable(each.to for each in reached) if gate.approvers else ()
    return approval.model_copy(
        update={
            "reminders": reminders,
            "escalations": len(reached),
            "approvers": tuple(dict.fromkeys((*approval.approvers, *added))),
        }
    )


def _step(approval: Approval, gate: GateProperties, poll: Poll) -> DurableState:
    lines = tuple(_new_lines(approval, gate, poll))
    if approval.status in {ApprovalStatus.PENDING, ApprovalStatus.CANCELLED}:
        # Whoever closed it is about to settle the task, and knows as what.
        due_at = _next_due(approval, gate, poll.now)
        outputs = {"approvalId": approval.id}
        return DurableState(TaskStatus.PAUSED, outputs=outputs, due_at=due_at, lines=lines)
    if approval.decision is Decision.APPROVED:
        return DurableState(TaskStatus.SUCCESS, outputs=_outputs(approval), lines=lines)
    if approval.decision is Decision.REJECTED:
        by = f"by {approval.decided_by}" if approval.decided_by else "by its time-out"
        why = f": {approval.comment}" if approval.comment else ""
        failure = Failure(code="rejected", message=f"rejected {by}{why}")
        return DurableState(
            TaskStatus.FAILED, outputs=_outputs(approval), error=failure, lines=lines
        )
    waited = format_duration(gate.timeout or timedelta())
    failure = Failure(code="timeout", message=f"nobody decided within {waited}")
    return DurableState(
        TaskStatus.TIMED_OUT, outputs=_outputs(approval), error=failure, lines=lines
    )


def _outputs(approval: Approval) -> dict[str, Any]:
    return {
        "approvalId": approval.id,
        "decision": approval.decision,
        "decidedBy": approval.decided_by,
        "comment": approval.comment,
        "decidedAt": approval.decided_at and to_rfc3339(approval.decided_at),
    }


def _next_due(approval: Approval, gate: GateProperties, now: datetime) -> datetime | None:
    """Return the next moment when something is to be done, if nobody decides; None: never."""
    if not approval.is_pending:
        return None
    asked = approval.requested_at
    moments = [asked + after for after in gate.remind]
    moments += [asked + each.after for each in gate.escalate]
    moments += [approval.expires_at] if approval.expires_at else []
    return min((moment for moment in moments if moment > now), default=None)


def _new_lines(approval: Approval, gate: GateProperties, poll: Poll) -> Iterator[LogLine]:
    """Yield a line for each reminder and escalation that is counted and has none yet."""
    known = {line.timestamp for line in poll.run.logs} if poll.run else set()
    asked = approval.requested_at
    events = [
        (asked + after, f"reminder {number} of {len(gate.remind)}")
        for number, after in enumerate(gate.remind[: approval.reminders], start=1)
    ]
    events += [
        (asked + each.after, f"escalated to {_told(each.to)}")
        for each in gate.escalate[: approval.escalations]
    ]
    for moment, message in sorted(events):
        if moment not in known:
            yield LogLine(timestamp=moment, level="INFO", message=message, attempt=poll.attempt)


def _told(names: Sequence[str]) -> str:
    told, rest = ", ".join(names[:MAX_NAMES_IN_LINE]), len(names) - MAX_NAMES_IN_LINE
    return f"{told} and {rest} more" if rest > 0 else told
