"""Approvals as clients see them: lists, one, and decisions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from shared.auth.principal import Principal, Role
from shared.errors import (
    ApprovalDecidedError,
    ApprovalNotFoundError,
    ExecutionFinishedError,
    NotApproverError,
)
from shared.executions.orchestration.wakeups import Waker, waker
from shared.idempotency.response_writer import NOT_KEYED, ResponseWriter
from shared.ids import is_id
from shared.observability import logger
from shared.paging import Page, decode_id, encode_cursor
from shared.people.approvals.decisions import (
    DecisionRepository,
    DecisionResult,
    decision_repository,
)
from shared.people.approvals.models import Approval, ApprovalStatus, Decision
from shared.people.approvals.repository import ApprovalRepository, approval_repository
from shared.people.assignees import are_named
from shared.times import utc_now

MAX_LOOKS = 10
"""A filtered page reads at most so many pages of its index before it answers."""


@dataclass(frozen=True)
class ApprovalService:
    approvals: ApprovalRepository
    decisions: DecisionRepository
    waker: Waker
    now: Callable[[], datetime]

    def get(self, caller: Principal, approval_id: str) -> Approval:
        """Return one approval; ApprovalNotFoundError, and for what is not theirs NotApproverError.

        A viewer sees all, a participant those that name them, and those that they decided.
        """
        approval = self._find(caller.tenant, approval_id)
        if not _is_shown(approval, caller):
            raise NotApproverError("the approval does not name you")
        return approval

    def page(
        self, caller: Principal, *, status: ApprovalStatus | None, limit: int, cursor: str | None
    ) -> Page[Approval]:
        """Return approvals newest first; a page below `limit` may still have a next."""
        tenant = caller.tenant
        of = f"/{caller.name}" if caller.role is Role.PARTICIPANT else ""
        query = f"approvals/{tenant}/{status}{of}"
        after = decode_id(cursor, query) if cursor is not None else None
        found: list[Approval] = []
        for _ in range(MAX_LOOKS):
            read, after = self.approvals.page(tenant, limit=limit - len(found), after=after)
            found += [
                each for each in read if status in {None, each.status} and _is_shown(each, caller)
            ]
            if after is None or len(found) >= limit:
                break
        return Page(tuple(found), encode_cursor(after, query) if after else None)

    def decide(
        self,
        caller: Principal,
        approval_id: str,
        decision: Decision,
        *,
        comment: str | None,
        keep: ResponseWriter[Approval] = NOT_KEYED,
    ) -> Approval:
        """Decide an approval, once: whoever comes second gets ApprovalDecidedError.

        NotApproverError for whom it does not name, whatever their role.
        ExecutionFinishedError when its execution has ended or is ending. What is answered is
        stored, whether or not the execution could be woken at once.
        """
        approval = self._find(caller.tenant, approval_id)
        if not are_named(approval.approvers, caller):
            raise NotApproverError("the approval does not name you among its approvers")
        if not approval.is_pending:
            raise _too_late(approval)
        decided = approval.decided(decision, by=caller.name, at=self.now(), comment=comment)
        kept = keep.write_with(decided)
        outcome = self.decisions.decide(decided, kept)
        if outcome is DecisionResult.TOO_LATE:
            raise _too_late(self._find(caller.tenant, approval_id))
        if outcome is DecisionResult.EXECUTION_ENDS:
            raise ExecutionFinishedError("the execution has ended, or is about to")
        self._wake(decided)
        return decided if kept else self._as_stored(decided)

    def _find(self, tenant: str, approval_id: str) -> Approval:
        approval = self.approvals.find(tenant, approval_id) if is_id(approval_id) else None
        if approval is None:
            raise ApprovalNotFoundError(f"there is no approval {approval_id[:64]!r}")
        return approval

    def _as_stored(self, decided: Approval) -> Approval:
        """Return it as stored now; a failed read must not hide that the decision counts."""
        try:
            return self.approvals.find(decided.tenant, decided.id) or decided
        except (ClientError, BotoCoreError):
            logger.exception("decided, not read again", extra={"id": decided.id})
            return decided

    def _wake(self, approval: Approval) -> None:
        try:
            self.waker.wake(approval.tenant, approval.execution_id)
        except (ClientError, BotoCoreError):
            logger.exception("left to the reconciler", extra={"id": approval.execution_id})


def _is_shown(approval: Approval, caller: Principal) -> bool:
    """Tell whether a caller may see an approval: a participant is shown what is theirs."""
    return (
        caller.role is not Role.PARTICIPANT
        or approval.decided_by == caller.name
        or are_named(approval.approvers, caller)
    )


def _too_late(approval: Approval) -> ApprovalDecidedError:
    return ApprovalDecidedError(f"the approval is {approval.status.value} already")


@cache
def approval_service() -> ApprovalService:
    return ApprovalService(
        approvals=approval_repository(),
        decisions=decision_repository(),
        waker=waker(),
        now=utc_now,
    )
