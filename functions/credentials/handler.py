"""HTTP resource /credentials."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Depends, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from functions.credentials.services import credential_service
from shared.credentials.models import Credential, CredentialDraft, CredentialPatch
from shared.credentials.service import CredentialService
from shared.http.app import http_app, http_handler
from shared.http.bodies import RequiredRawBody
from shared.http.flags import Flag
from shared.http.headers import IfMatchHeader
from shared.http.idempotency import IdempotentRoute
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit
from shared.http.responses import answer, answer_page, no_content
from shared.names import Namespace
from shared.times import to_rfc3339
from shared.validation import parse_body

app = http_app()
once = IdempotentRoute(app)

Credentials = Annotated[CredentialService, Depends(credential_service)]
Force = Annotated[Flag, Query(description="Delete it although active flows name it.")]


@app.get("/api/v1/credentials", summary="List credentials, without values, newest first")
def list_credentials(
    credentials: Credentials,
    namespace: Namespace | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[Credential]]:
    return answer_page(app, credentials.page(namespace, limit, cursor))


@app.post(
    "/api/v1/credentials",
    summary="Store a secret, which flows read and no route shows",
    status_code=HTTPStatus.CREATED,
    middlewares=[once],
)
def create_credential(
    credentials: Credentials, body: RequiredRawBody[CredentialDraft]
) -> Response[Credential]:
    return _created(credentials.create(parse_body(CredentialDraft, body), once.keep(_created)))


@app.get("/api/v1/credentials/<credential_id>", summary="Read a credential, without its value")
def get_credential(credential_id: str, credentials: Credentials) -> Response[Credential]:
    return _shown(credentials.get(credential_id))


@app.put("/api/v1/credentials/<credential_id>", summary="Save another value or description")
def replace_credential(
    credential_id: str,
    credentials: Credentials,
    body: RequiredRawBody[CredentialPatch],
    if_match: IfMatchHeader = None,
) -> Response[Credential]:
    patch = parse_body(CredentialPatch, body)
    return _shown(credentials.replace(credential_id, patch, if_match))


@app.delete(
    "/api/v1/credentials/<credential_id>",
    summary="Forget a credential that no active flow names",
    status_code=HTTPStatus.NO_CONTENT,
)
def delete_credential(
    credential_id: str,
    credentials: Credentials,
    force: Force = False,
    if_match: IfMatchHeader = None,
) -> Response[None]:
    credentials.delete(credential_id, if_match, is_forced=force)
    return no_content()


def _shown(credential: Credential) -> Response[Credential]:
    used_at = credential.last_used_at
    beside = to_rfc3339(used_at) if used_at else ""
    return answer(credential, version=credential.version, beside=beside)


def _created(credential: Credential) -> Response[Credential]:
    place = {"Location": f"/api/v1/credentials/{credential.id}"}
    return answer(credential, HTTPStatus.CREATED, version=credential.version, headers=place)


lambda_handler = http_handler(app)
