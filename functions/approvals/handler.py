"""HTTP resource /approvals."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends, Response

from shared.auth.principal import Principal
from shared.http.app import http_app, http_handler
from shared.http.bodies import RawBody
from shared.http.caller import Caller
from shared.http.idempotency import IdempotentRoute
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit
from shared.http.responses import answer, answer_page
from shared.people.approvals.models import Approval, ApprovalStatus, Decision, DecisionComment
from shared.people.approvals.service import ApprovalService, approval_service
from shared.validation import parse_body

app = http_app()
once = IdempotentRoute(app)


Approvals = Annotated[ApprovalService, Depends(approval_service)]


@app.get("/api/v1/approvals")
def list_approvals(
    approvals: Approvals,
    caller: Caller,
    status: ApprovalStatus | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[Approval]]:
    return answer_page(app, approvals.page(caller, status=status, limit=limit, cursor=cursor))


@app.get("/api/v1/approvals/<approval_id>")
def get_approval(approval_id: str, approvals: Approvals, caller: Caller) -> Approval:
    return approvals.get(caller, approval_id)


@app.post("/api/v1/approvals/<approval_id>/approve", middlewares=[once])
def approve(
    approval_id: str, approvals: Approvals, caller: Caller, body: RawBody[DecisionComment] = None
) -> Approval:
    return _decide(approvals, caller, approval_id, Decision.APPROVED, body)


@app.post("/api/v1/approvals/<approval_id>/reject", middlewares=[once])
def reject(
    approval_id: str, approvals: Approvals, caller: Caller, body: RawBody[DecisionComment] = None
) -> Approval:
    return _decide(approvals, caller, approval_id, Decision.REJECTED, body)


def _decide(
    approvals: ApprovalService,
    caller: Principal,
    approval_id: str,
    decision: Decision,
    body: DecisionComment | None,
) -> Approval:
    comment = parse_body(DecisionComment, body).comment
    return approvals.decide(
        caller,
        approval_id,
        decision,
        comment=comment,
        keep=once.keep(answer),
    )


lambda_handler = http_handler(app)
