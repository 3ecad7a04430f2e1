"""HTTP resource /flows."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import Depends, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.flows.services import flow_service
from shared.flows.models import (
    Flow,
    FlowDraft,
    FlowFilter,
    FlowName,
    FlowPatch,
    FlowStatus,
    FlowSummary,
    Label,
    Namespace,
    ValidationResult,
)
from shared.flows.plans.pictures import FlowGraph, graph_of, machine_of
from shared.flows.service import FlowService
from shared.http.app import http_app, http_handler
from shared.http.bodies import (
    YAML_TYPES,
    RequiredRawBody,
    json_or_yaml,
    media_type,
    read_json,
    read_text,
)
from shared.http.headers import IfMatchHeader
from shared.http.idempotency import IdempotentRoute
from shared.http.paging import DEFAULT_LIMIT, SEVERAL, Cursor, Limit, View
from shared.http.responses import answer, answer_page, no_content
from shared.validation import parse_body

if TYPE_CHECKING:
    from shared.paging import Page

app = http_app()
once = IdempotentRoute(app)

Flows = Annotated[FlowService, Depends(flow_service)]
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
    middlewares=[once],
)
def create_flow(flows: Flows, body: RequiredRawBody[FlowDraft]) -> Response[Flow]:
    return _created(flows.create(parse_body(FlowDraft, body), once.keep(_created)))


@app.post(
    "/api/v1/flows/validate",
    summary="Check a text, as JSON or as bare YAML, and save nothing",
    openapi_extensions={"requestBody": json_or_yaml("FlowDraft")},
)
def validate_flow(flows: Flows) -> ValidationResult:
    event = app.current_event
    is_yaml = media_type(event) in YAML_TYPES
    return flows.validate(read_text(event) if is_yaml else read_json(event))


@app.get("/api/v1/flows/<flow_id>", summary="Read a flow")
def get_flow(flow_id: str, flows: Flows) -> Response[Flow]:
    return _shown(flows.get(flow_id))


@app.get("/api/v1/flows/<flow_id>/graph", summary="Read the graph that runs, for a picture")
def get_graph(flow_id: str, flows: Flows) -> FlowGraph:
    plan, revision = flows.plan(flow_id)
    return graph_of(plan, flow_id, revision)


@app.get(
    "/api/v1/flows/<flow_id>/state-machine",
    summary="Read the state machine that runs the flow, in the Amazon States Language",
)
def get_state_machine(flow_id: str, flows: Flows) -> dict[str, Any]:
    plan, _ = flows.plan(flow_id)
    return machine_of(plan)


@app.put("/api/v1/flows/<flow_id>", summary="Save any fields of a flow")
def replace_flow(
    flow_id: str, flows: Flows, body: RequiredRawBody[FlowPatch], if_match: IfMatchHeader = None
) -> Response[Flow]:
    return _shown(flows.replace(flow_id, parse_body(FlowPatch, body), if_match))


@app.delete("/api/v1/flows/<flow_id>", summary="Forget a flow", status_code=HTTPStatus.NO_CONTENT)
def delete_flow(flow_id: str, flows: Flows, if_match: IfMatchHeader = None) -> Response[None]:
    flows.delete(flow_id, if_match)
    return no_content()


@app.post("/api/v1/flows/<flow_id>/activate", summary="Let a flow be executed", middlewares=[once])
def activate_flow(flow_id: str, flows: Flows, if_match: IfMatchHeader = None) -> Response[Flow]:
    return _shown(flows.move(flow_id, FlowStatus.ACTIVE, if_match, once.keep(_shown)))


@app.post(
    "/api/v1/flows/<flow_id>/deactivate",
    summary="Stop a flow from being executed",
    middlewares=[once],
)
def deactivate_flow(flow_id: str, flows: Flows, if_match: IfMatchHeader = None) -> Response[Flow]:
    return _shown(flows.move(flow_id, FlowStatus.INACTIVE, if_match, once.keep(_shown)))


@app.post(
    "/api/v1/flows/<flow_id>/draft",
    summary="Make an inactive flow a draft again",
    middlewares=[once],
)
def draft_flow(flow_id: str, flows: Flows, if_match: IfMatchHeader = None) -> Response[Flow]:
    return _shown(flows.move(flow_id, FlowStatus.DRAFT, if_match, once.keep(_shown)))


def _shown(flow: Flow) -> Response[Flow]:
    return answer(flow, version=flow.version)


def _created(flow: Flow) -> Response[Flow]:
    place = {"Location": f"/api/v1/flows/{flow.id}"}
    return answer(flow, HTTPStatus.CREATED, version=flow.version, headers=place)


lambda_handler = http_handler(app)
