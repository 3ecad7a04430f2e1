"""HTTP resource /flows: the flows themselves; `revisions` and `transfer` have the other routes."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.flows import revisions, transfer
from functions.flows.answers import (
    FORMS,
    CommentQuery,
    DraftStatus,
    RevisionQuery,
    created,
    read,
    shown,
    with_query,
)
from functions.flows.services import Flows
from shared.flows.models import (
    Flow,
    FlowDraft,
    FlowFilter,
    FlowName,
    FlowPatch,
    FlowStatus,
    FlowSummary,
    Label,
    ValidationResult,
)
from shared.flows.plans.pictures import FlowGraph, graph_of, machine_of
from shared.http.app import http_app, http_handler
from shared.http.bodies import (
    TEXT_TYPES,
    RequiredRawBody,
    json_or_yaml,
    media_type,
    read_json,
    read_text,
)
from shared.http.headers import IfMatchHeader
from shared.http.idempotency import IdempotentRoute
from shared.http.paging import DEFAULT_LIMIT, SEVERAL, Cursor, Limit, View
from shared.http.responses import answer_page, no_content
from shared.names import Namespace
from shared.validation import parse_body

if TYPE_CHECKING:
    from shared.paging import Page

app = http_app()
app.include_router(revisions.router)
app.include_router(transfer.router)
once = IdempotentRoute(app)

Words = Annotated[str, Query(min_length=1, max_length=200, description="In name or description.")]


@app.get("/api/v1/flows", summary="List flows, newest first")
def list_flows(
    flows: Flows,
    namespace: Namespace | None = None,
    name: FlowName | None = None,
    status: Annotated[list[FlowStatus] | None, SEVERAL] = None,
    label: Label | None = None,
    q: Words | None = None,
    view: View = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[Flow] | list[FlowSummary]]:
    statuses = tuple(sorted(set(status or ())))
    chosen = FlowFilter(namespace=namespace, name=name, statuses=statuses, label=label, q=q)
    read = flows.page_of_summaries if view else flows.page
    page: Page[Any] = read(chosen, limit, cursor)
    return answer_page(app, page)


@app.post(
    "/api/v1/flows",
    summary="Save a new flow",
    status_code=HTTPStatus.CREATED,
    openapi_extensions={"requestBody": json_or_yaml("FlowDraft")},
    middlewares=[once],
)
def create_flow(
    flows: Flows,
    body: RequiredRawBody[FlowDraft],
    status: DraftStatus | None = None,
    comment: CommentQuery = None,
) -> Response[Flow]:
    sent = with_query(app.current_event, body, status=status, comment=comment)
    return created(flows.create(parse_body(FlowDraft, sent), once.keep(created)))


@app.post(
    "/api/v1/flows/validate",
    summary="Check a text, as JSON or as bare YAML, and save nothing",
    openapi_extensions={"requestBody": json_or_yaml("FlowDraft", TEXT_TYPES, is_required=False)},
)
def validate_flow(flows: Flows) -> ValidationResult:
    event = app.current_event
    is_yaml = media_type(event) in TEXT_TYPES
    return flows.validate(read_text(event) if is_yaml else read_json(event))


@app.get("/api/v1/flows/<flow_id>", summary="Read a flow, or its text alone", responses=FORMS)
def get_flow(flow_id: str, flows: Flows) -> Response[Flow | str]:
    return read(flows.get(flow_id), app.current_event.headers.get("accept"))


@app.get("/api/v1/flows/<flow_id>/graph", summary="Read the graph that runs, for a picture")
def get_graph(flow_id: str, flows: Flows, revision: RevisionQuery = None) -> FlowGraph:
    plan, number = flows.plan(flow_id, revision)
    return graph_of(plan, flow_id, number)


@app.get(
    "/api/v1/flows/<flow_id>/state-machine",
    summary="Read the state machine that runs the flow, in the Amazon States Language",
)
def get_state_machine(flow_id: str, flows: Flows) -> dict[str, Any]:
    plan, _ = flows.plan(flow_id)
    return machine_of(plan)


@app.put(
    "/api/v1/flows/<flow_id>",
    summary="Save any fields of a flow",
    openapi_extensions={"requestBody": json_or_yaml("FlowPatch")},
)
def replace_flow(
    flow_id: str,
    flows: Flows,
    body: RequiredRawBody[FlowPatch],
    comment: CommentQuery = None,
    if_match: IfMatchHeader = None,
) -> Response[Flow]:
    sent = with_query(app.current_event, body, comment=comment)
    return shown(flows.replace(flow_id, parse_body(FlowPatch, sent), if_match))


@app.delete("/api/v1/flows/<flow_id>", summary="Forget a flow", status_code=HTTPStatus.NO_CONTENT)
def delete_flow(flow_id: str, flows: Flows, if_match: IfMatchHeader = None) -> Response[None]:
    flows.delete(flow_id, if_match)
    return no_content()


@app.post("/api/v1/flows/<flow_id>/activate", summary="Let a flow be executed", middlewares=[once])
def activate_flow(flow_id: str, flows: Flows, if_match: IfMatchHeader = None) -> Response[Flow]:
    return shown(flows.move(flow_id, FlowStatus.ACTIVE, if_match, once.keep(shown)))


@app.post(
    "/api/v1/flows/<flow_id>/deactivate",
    summary="Stop a flow from being executed",
    middlewares=[once],
)
def deactivate_flow(flow_id: str, flows: Flows, if_match: IfMatchHeader = None) -> Response[Flow]:
    return shown(flows.move(flow_id, FlowStatus.INACTIVE, if_match, once.keep(shown)))


@app.post(
    "/api/v1/flows/<flow_id>/draft",
    summary="Make an inactive flow a draft again",
    middlewares=[once],
)
def draft_flow(flow_id: str, flows: Flows, if_match: IfMatchHeader = None) -> Response[Flow]:
    return shown(flows.move(flow_id, FlowStatus.DRAFT, if_match, once.keep(shown)))


lambda_handler = http_handler(app)
