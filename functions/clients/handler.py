"""HTTP resource /clients, and the sweep that is invoked without HTTP."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler import Depends, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.clients.services import client_service
from shared.auth.clients.models import Client, ClientDraft, ClientWithSecret
from shared.auth.clients.service import ClientService
from shared.auth.clients.sweep import client_sweep
from shared.http.app import http_app, http_handler
from shared.http.bodies import RawBody, RequiredRawBody
from shared.http.headers import IfMatchHeader
from shared.http.idempotency import IdempotentRoute
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit
from shared.http.responses import answer, answer_page, no_content
from shared.observability import logger
from shared.validation import NoBody, parse_body

app = http_app()
once = IdempotentRoute(app)

Clients = Annotated[ClientService, Depends(client_service)]
HIDDEN: Final = "******"
"""The secret in a replay: the true one is kept nowhere."""


@app.get("/api/v1/clients", summary="List machine clients, newest first")
def list_clients(
    clients: Clients, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[list[Client]]:
    return answer_page(app, clients.page(limit, cursor))


@app.post(
    "/api/v1/clients",
    summary="Make a machine client; its secret is shown this once",
    status_code=HTTPStatus.CREATED,
    middlewares=[once],
)
def create_client(
    clients: Clients, body: RequiredRawBody[ClientDraft]
) -> Response[ClientWithSecret]:
    keep = once.keep(_created, kept=lambda made: _created(_hidden(made)))
    return _created(clients.create(parse_body(ClientDraft, body), keep))


@app.delete(
    "/api/v1/clients/<client_id>",
    summary="Delete a machine client: its secrets are refused from then on",
    status_code=HTTPStatus.NO_CONTENT,
)
def delete_client(
    client_id: str, clients: Clients, if_match: IfMatchHeader = None
) -> Response[None]:
    clients.delete(client_id, if_match)
    return no_content()


@app.post(
    "/api/v1/clients/<client_id>/rotate",
    summary="Give a machine client another secret; the one before is good for 24 hours more",
    middlewares=[once],
)
def rotate_client(
    client_id: str,
    clients: Clients,
    body: RawBody[NoBody] = None,
    if_match: IfMatchHeader = None,
) -> Response[ClientWithSecret]:
    parse_body(NoBody, body)
    keep = once.keep(_shown, kept=lambda made: _shown(_hidden(made)))
    return _shown(clients.rotate(client_id, if_match, keep))


def _created(client: ClientWithSecret) -> Response[ClientWithSecret]:
    return answer(client, HTTPStatus.CREATED, version=client.version)


def _shown(client: ClientWithSecret) -> Response[ClientWithSecret]:
    return answer(client, version=client.version)


def _hidden(client: ClientWithSecret) -> ClientWithSecret:
    return client.model_copy(update={"client_secret": HIDDEN})


_answer_http = http_handler(app)


@logger.inject_lambda_context(clear_state=True)
def _sweep(event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    if event != {"sweep": True}:
        raise ValueError("this function is invoked by the gateway, or with {sweep: true}")
    return {"swept": client_sweep().run()}


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a request of the gateway, which is never anything else, or sweep."""
    return _answer_http(event, context) if "requestContext" in event else _sweep(event, context)
