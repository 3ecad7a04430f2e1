"""HTTP resource /approvals."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends, Response

from shared.http.app import http_app, http_handler
from shared.http.bodies import RawBody
from shared.http.caller import Caller
from shared.http.headers import IfMatchHeader
from shared.http.idempotency import IdempotentRoute
from shared.http.paging import DEFAULT_LIMIT, SEVERAL, Cursor, Limit
from shared.http.responses import answer, answer_page
from shared.people.approvals.models import Approval, ApprovalStatus, Decision, DecisionComment
from shared.people.approvals.service import ApprovalService, DecisionRequest, approval_service
from shared.validation import parse_body

app = http_app()
once = IdempotentRoute(app)


Approvals = Annotated[ApprovalService, Depends(approval_service)]


@app.get("/api/v1/approvals", summary="List approvals, newest first")
def list_approvals(
    approvals: Approvals,
    caller: Caller,
    status: Annotated[list[ApprovalStatus] | None, SEVERAL] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[Approval]]:
    page = approvals.page(caller, statuses=set(status or ()), limit=limit, cursor=cursor)
    return answer_page(app, page)


@app.get("/api/v1/approvals/<approval_id>", summary="Read an approval")
def get_approval(approval_id: str, approvals: Approvals, caller: Caller) -> Response[Approval]:
    return _shown(approvals.get(caller, approval_id))


@app.post("/api/v1/approvals/<approval_id>/approve", summary="Decide with yes", middlewares=[once])
def approve(
    approval_id: str,
    approvals: Approvals,
    caller: Caller,
    body: RawBody[DecisionComment] = None,
    if_match: IfMatchHeader = None,
) -> Response[Approval]:
    wanted = DecisionRequest(Decision.APPROVED, _comment(body), if_match)
    return _shown(approvals.decide(caller, approval_id, wanted, once.keep(_shown)))


@app.post("/api/v1/approvals/<approval_id>/reject", summary="Decide with no", middlewares=[once])
def reject(
    approval_id: str,
    approvals: Approvals,
    caller: Caller,
    body: RawBody[DecisionComment] = None,
    if_match: IfMatchHeader = None,
) -> Response[Approval]:
    wanted = DecisionRequest(Decision.REJECTED, _comment(body), if_match)
    return _shown(approvals.decide(caller, approval_id, wanted, once.keep(_shown)))


def _comment(body: DecisionComment | None) -> str | None:
    return parse_body(DecisionComment, body).comment


def _shown(approval: Approval) -> Response[Approval]:
    return answer(approval, version=approval.version)


lambda_handler = http_handler(app)
