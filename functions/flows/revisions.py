"""The routes of a flow's revisions: list, read, compare, restore."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends, Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.flows.answers import RevisionQuery, shown
from functions.flows.services import revision_service
from shared.flows.models import Flow, FlowRevision
from shared.flows.revisions import RestoreDraft, RevisionDiff, RevisionService
from shared.http.bodies import RawBody
from shared.http.headers import IfMatchHeader
from shared.http.idempotency import IdempotentRoute
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit
from shared.http.responses import answer_page
from shared.validation import parse_body

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # theirs
once = IdempotentRoute(router)

Revisions = Annotated[RevisionService, Depends(revision_service)]


@router.get(
    "/api/v1/flows/<flow_id>/revisions",
    summary="List the contents that were replaced, newest first",
)
def list_revisions(
    flow_id: str, revisions: Revisions, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[list[FlowRevision]]:
    return answer_page(router, revisions.page(flow_id, limit, cursor))


@router.get(
    "/api/v1/flows/<flow_id>/revisions/<revision>",
    summary="Read a content of a flow, the present one too",
)
def get_revision(flow_id: str, revision: str, revisions: Revisions) -> FlowRevision:
    return revisions.get(flow_id, revision)


@router.get(
    "/api/v1/flows/<flow_id>/revisions/<revision>/diff",
    summary="Compare two contents of a flow, as a unified diff",
)
def diff_revisions(
    flow_id: str, revision: str, revisions: Revisions, against: RevisionQuery = None
) -> RevisionDiff:
    return revisions.diff(flow_id, revision, against)


@router.post(
    "/api/v1/flows/<flow_id>/revisions/<revision>/restore",
    summary="Save an earlier content again, as the next revision",
    middlewares=[once],
)
def restore_revision(
    flow_id: str,
    revision: str,
    revisions: Revisions,
    body: RawBody[RestoreDraft] = None,
    if_match: IfMatchHeader = None,
) -> Response[Flow]:
    draft = parse_body(RestoreDraft, body)
    return shown(revisions.restore(flow_id, revision, draft, if_match, once.keep(shown)))
