"""HTTP resource /namespaces."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Depends, Response

from functions.namespaces.services import namespace_service
from shared.http.app import http_app, http_handler
from shared.http.bodies import RequiredRawBody
from shared.http.headers import IfMatchHeader, IfNoneMatchHeader, is_only_new
from shared.http.responses import answer, no_content
from shared.namespaces.models import Namespace, NamespacePatch
from shared.namespaces.service import NamespaceService
from shared.validation import parse_body

app = http_app()

Namespaces = Annotated[NamespaceService, Depends(namespace_service)]


@app.get("/api/v1/namespaces", summary="List all namespaces, alphabetically")
def list_namespaces(namespaces: Namespaces) -> list[Namespace]:
    return namespaces.all()


@app.get("/api/v1/namespaces/<name>", summary="Read a namespace")
def get_namespace(name: str, namespaces: Namespaces) -> Response[Namespace]:
    return _shown(namespaces.get(name))


@app.put(
    "/api/v1/namespaces/<name>", summary="Save any fields of a namespace; an unknown one is made"
)
def replace_namespace(
    name: str,
    namespaces: Namespaces,
    body: RequiredRawBody[NamespacePatch],
    if_match: IfMatchHeader = None,
    if_none_match: IfNoneMatchHeader = None,
) -> Response[Namespace]:
    only_new = is_only_new(if_none_match)
    patch = parse_body(NamespacePatch, body)
    return _shown(namespaces.replace(name, patch, if_match, only_new=only_new))


@app.delete(
    "/api/v1/namespaces/<name>",
    summary="Forget a namespace that is empty",
    status_code=HTTPStatus.NO_CONTENT,
)
def delete_namespace(
    name: str, namespaces: Namespaces, if_match: IfMatchHeader = None
) -> Response[None]:
    namespaces.delete(name, if_match)
    return no_content()


def _shown(namespace: Namespace) -> Response[Namespace]:
    return answer(namespace, version=namespace.version, beside=namespace.counts.summary)


lambda_handler = http_handler(app)
