"""Approvals as clients see them: lists, one, and decisions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import ApprovalDecidedError, ApprovalNotFoundError, ExecutionFinishedError
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
from shared.times import utc_now

MAX_LOOKS = 10
"""A filtered page reads at most so many pages of its index before it answers."""


@dataclass(frozen=True)
class ApprovalService:
    approvals: ApprovalRepository
    decisions: DecisionRepository
    waker: Waker
    now: Callable[[], datetime]

    def get(self, tenant: str, approval_id: str) -> Approval:
        """Return one approval; ApprovalNotFoundError."""
        approval = self.approvals.find(tenant, approval_id) if is_id(approval_id) else None
        if approval is None:
            raise ApprovalNotFoundError(f"there is no approval {approval_id[:64]!r}")
        return approval

    def page(
        self, tenant: str, *, status: ApprovalStatus | None, limit: int, cursor: str | None
    ) -> Page[Approval]:
        """Return approvals newest first; a page below `limit` may still have a next."""
        query = f"approvals/{tenant}/{status}"
        after = decode_id(cursor, query) if cursor is not None else None
        found: list[Approval] = []
        for _ in range(MAX_LOOKS):
            read, after = self.approvals.page(tenant, limit=limit - len(found), after=after)
            found += [each for each in read if status is None or each.status is status]
            if after is None or len(found) >= limit:
                break
        return Page(tuple(found), encode_cursor(after, query) if after else None)

    def decide(  # noqa: PLR0913 - what a decision is made of, and what is kept of it
        self,
        tenant: str,
        approval_id: str,
        decision: Decision,
        *,
        by: str,
        comment: str | None,
        keep: ResponseWriter[Approval] = NOT_KEYED,
    ) -> Approval:
        """Decide an approval, once: whoever comes second gets ApprovalDecidedError.

        ExecutionFinishedError when its execution has ended or is ending. What is answered is
        stored, whether or not the execution could be woken at once.
        """
        approval = self.get(tenant, approval_id)
        if not approval.is_pending:
            raise _too_late(approval)
        decided = approval.decided(decision, by=by, at=self.now(), comment=comment)
        kept = keep.write_with(decided)
        outcome = self.decisions.decide(decided, kept)
        if outcome is DecisionResult.TOO_LATE:
            raise _too_late(self.get(tenant, approval_id))
        if outcome is DecisionResult.EXECUTION_ENDS:
            raise ExecutionFinishedError("the execution has ended, or is about to")
        self._wake(decided)
        return decided if kept else self._as_stored(decided)

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
