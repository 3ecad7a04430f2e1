"""HTTP resource /approvals."""

from functools import cache
from typing import Annotated

from aws_lambda_powertools.event_handler import Depends, Response

from shared.aws import step_functions, table
from shared.config import ApprovalsTableSettings, ExecutionsTableSettings, settings
from shared.executions.orchestration.wakeups import Waker
from shared.executions.store.repository import ExecutionRepository
from shared.http.app import http_app, http_handler
from shared.http.bodies import RawBody
from shared.http.idempotency import IdempotentRoute
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit
from shared.http.responses import answer, answer_page
from shared.people.approvals.decisions import DecisionRepository
from shared.people.approvals.models import Approval, ApprovalStatus, Decision, DecisionComment
from shared.people.approvals.repository import ApprovalRepository
from shared.people.approvals.service import ApprovalService
from shared.times import utc_now
from shared.validation import parse_body

TENANT = "default"
CALLER = "local"
"""Without users there is one caller, who may decide everything."""

app = http_app()
once = IdempotentRoute(app, TENANT)


@cache
def approval_service() -> ApprovalService:
    approvals = table(settings(ApprovalsTableSettings).approvals_table_name)
    executions = table(settings(ExecutionsTableSettings).executions_table_name)
    return ApprovalService(
        approvals=ApprovalRepository(approvals),
        decisions=DecisionRepository(approvals, executions),
        waker=Waker(ExecutionRepository(executions), step_functions()),
        now=utc_now,
    )


Approvals = Annotated[ApprovalService, Depends(approval_service)]


@app.get("/api/v1/approvals")
def list_approvals(
    approvals: Approvals,
    status: ApprovalStatus | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[Approval]]:
    return answer_page(app, approvals.page(TENANT, status=status, limit=limit, cursor=cursor))


@app.get("/api/v1/approvals/<approval_id>")
def get_approval(approval_id: str, approvals: Approvals) -> Approval:
    return approvals.get(TENANT, approval_id)


@app.post("/api/v1/approvals/<approval_id>/approve", middlewares=[once])
def approve(
    approval_id: str, approvals: Approvals, body: RawBody[DecisionComment] = None
) -> Approval:
    return _decide(approvals, approval_id, Decision.APPROVED, body)


@app.post("/api/v1/approvals/<approval_id>/reject", middlewares=[once])
def reject(
    approval_id: str, approvals: Approvals, body: RawBody[DecisionComment] = None
) -> Approval:
    return _decide(approvals, approval_id, Decision.REJECTED, body)


def _decide(
    approvals: ApprovalService, approval_id: str, decision: Decision, body: DecisionComment | None
) -> Approval:
    comment = parse_body(DecisionComment, body).comment
    keep = once.keep(answer)
    return approvals.decide(TENANT, approval_id, decision, by=CALLER, comment=comment, keep=keep)


lambda_handler = http_handler(app)
