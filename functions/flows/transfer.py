"""The routes that carry whole flows about: clone, export, import, apply by name."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Depends, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.flows.answers import SAVED, CommentQuery, created, shown, with_query
from functions.flows.services import transfer_service
from shared.flows.models import Flow, FlowPatch, FlowStatus
from shared.flows.transfer import CloneDraft, FlowExport, OnConflict, Saved, TransferService
from shared.http.bodies import RequiredRawBody, json_or_yaml
from shared.http.headers import IfMatchHeader, IfNoneMatchHeader, is_only_new
from shared.http.idempotency import IdempotentRoute
from shared.validation import parse_body

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # theirs
once = IdempotentRoute(router)

Transfer = Annotated[TransferService, Depends(transfer_service)]


@router.post(
    "/api/v1/flows/import",
    summary="Save an exported flow as a draft",
    status_code=HTTPStatus.CREATED,
    responses=SAVED,
    middlewares=[once],
)
def import_flow(
    transfer: Transfer,
    body: RequiredRawBody[FlowExport],
    on_conflict: Annotated[OnConflict | None, Query(alias="onConflict")] = None,
) -> Response[Flow]:
    file = parse_body(FlowExport, body)
    saved = transfer.import_flow(
        file, on_conflict, made=once.keep(created), changed=once.keep(shown)
    )
    return _saved(saved)


@router.put(
    "/api/v1/flows/by-name/<namespace>/<name>",
    summary="Save the flow of a name, a new one or the next revision",
    responses=SAVED,
    openapi_extensions={"requestBody": json_or_yaml("FlowPatch")},
)
def apply_flow(
    namespace: str,
    name: str,
    transfer: Transfer,
    body: RequiredRawBody[FlowPatch],
    status: FlowStatus | None = None,
    comment: CommentQuery = None,
    if_match: IfMatchHeader = None,
    if_none_match: IfNoneMatchHeader = None,
) -> Response[Flow]:
    only_new = is_only_new(if_none_match)
    sent = with_query(router.current_event, body, status=status, comment=comment)
    return _saved(transfer.apply(namespace, name, sent, if_match, only_new=only_new))


@router.post(
    "/api/v1/flows/<flow_id>/clone",
    summary="Save a flow's content as a draft of another name",
    status_code=HTTPStatus.CREATED,
    middlewares=[once],
)
def clone_flow(
    flow_id: str,
    transfer: Transfer,
    body: RequiredRawBody[CloneDraft],
    if_match: IfMatchHeader = None,
) -> Response[Flow]:
    draft = parse_body(CloneDraft, body)
    return created(transfer.clone(flow_id, draft, if_match, once.keep(created)))


@router.get("/api/v1/flows/<flow_id>/export", summary="Write a flow as a file")
def export_flow(flow_id: str, transfer: Transfer) -> FlowExport:
    return transfer.export(flow_id)


def _saved(saved: Saved) -> Response[Flow]:
    return created(saved.flow) if saved.is_new else shown(saved.flow)
