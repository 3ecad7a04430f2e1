"""The answers that show a flow, and what a bare text is told beside it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from shared.errors import InvalidRequestError, Problem
from shared.flows.models import Comment, Flow
from shared.http.bodies import JSON_TYPE, YAML_TYPE, content_of, media_type
from shared.http.headers import prefers
from shared.http.responses import answer
from shared.json_text import Json
from shared.validation import etag

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

DraftStatus = Literal["draft", "active"]
CommentQuery = Annotated[
    Comment | None, Query(description="Why a text is saved, where the body is YAML.")
]
RevisionQuery = Annotated[
    int | None, Query(ge=1, le=99_999_999, description="The flow's own unless it is named.")
]
_FLOW: Mapping[str, Any] = content_of("Flow")
FORMS: dict[int, Any] = {
    HTTPStatus.OK: {
        "description": "The flow, or its text as it was saved",
        "content": {**_FLOW, YAML_TYPE: {"schema": {"type": "object"}}},
    }
}
"""The two forms in which a flow is read."""
VARIES = {"Vary": "Accept"}
SAVED: dict[int, Any] = {
    HTTPStatus.OK: {"description": "A flow that was there", "content": _FLOW},
    HTTPStatus.CREATED: {"description": "A new flow", "content": _FLOW},
}
"""The answers to a request that makes a flow, or changes the one that is there."""


def shown(flow: Flow) -> Response[Any]:
    return answer(flow, version=flow.version)


def read(flow: Flow, accept: str | None) -> Response[Any]:
    """Answer a flow as JSON or, to who asks for YAML, its text alone, byte for byte."""
    if not prefers(accept, YAML_TYPE, over=JSON_TYPE):
        return answer(flow, version=flow.version, headers=VARIES)
    tagged = {"ETag": etag(flow.version, "yaml"), **VARIES}
    return Response(HTTPStatus.OK, YAML_TYPE, flow.yaml_content, headers=tagged)


def created(flow: Flow) -> Response[Any]:
    place = {"Location": f"/api/v1/flows/{flow.id}"}
    return answer(flow, HTTPStatus.CREATED, version=flow.version, headers=place)


def with_query(event: "BaseProxyEvent", body: Any, **query: Json) -> Any:
    """Put what the query says beside a bare text; a JSON body says it itself."""
    said = {name: value for name, value in query.items() if value is not None}
    if said and media_type(event) == JSON_TYPE:
        problems = [
            Problem(path=f"query.{name}", message=f'send "{name}" in the body') for name in said
        ]
        raise InvalidRequestError("the request is not valid", problems=problems)
    return {**body, **said} if said else body
