"""The refusals in the OpenAPI document: one shape, an example a code, a response a status."""

from http import HTTPStatus
from typing import Any

from shared import errors
from shared.errors import Problem
from shared.http.bodies import content_of
from shared.http.openapi_headers import described
from shared.http.problems import PROBLEM_TYPE, status_of_kind
from shared.http.refusals import EXAMPLES, refusals_of

Json = dict[str, Any]

GATEWAY: Json = {
    "type": "object",
    "description": "An answer of the gateway itself.",
    "properties": {"message": {"type": "string"}},
    "required": ["message"],
}
_SOMETIMES = {"errors", "flowId", "flows", "counts"}
"""The members that not every refusal has."""
_COME_LATER = {"idempotency_in_progress", "too_many_requests"}


def problem_schemas() -> Json:
    """Return the schemas of refusals: ours, what `errors` lists, and the gateway's."""
    fields: Json = {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "pattern": r"^[a-z_]+$"},
        "requestId": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
        "flowId": {"type": "string", "description": "The flow whose name is taken."},
        "counts": {
            "type": "object",
            "additionalProperties": {"type": "integer"},
            "description": "The numbers of things in a namespace that is not empty.",
        },
        "flows": {
            "type": "array",
            "description": "The active flows that name what was to be deleted.",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
                "required": ["id", "name"],
            },
        },
    }
    refusal = {
        "type": "object",
        "description": "RFC 9457; `code` is stable.",
        "properties": fields,
        "required": [name for name in fields if name not in _SOMETIMES],
    }
    return {"Problem": Problem.model_json_schema(), "Refusal": refusal, "GatewayMessage": GATEWAY}


def problem_responses() -> Json:
    """Return the response of what no row names: a fault on our side, or the gateway's refusal."""
    return {
        "Problem": {
            "description": "A fault on our side, or too many requests",
            "headers": described(["Retry-After", "Allow"], by_gateway=True),
            "content": content_of("Refusal", PROBLEM_TYPE) | content_of("GatewayMessage"),
        }
    }


def problem_examples() -> Json:
    """Return an example of each refusal, by its code."""
    kinds = {kind.code: kind for kind in _all_kinds(errors.PlatformError)}
    return {
        code: {"value": _example(kinds[code], detail)} for code, detail in sorted(EXAMPLES.items())
    }


def problems_of_route(route: str, operation: Json) -> Json:
    """Return the responses of an operation's refusals, by status; `default` is all else."""
    codes: dict[HTTPStatus, list[str]] = {}
    for kind in refusals_of(route, operation):
        codes.setdefault(status_of_kind(kind), []).append(kind.code)
    told = {str(status.value): _response(status, sorted(codes[status])) for status in sorted(codes)}
    return told | {"default": {"$ref": "#/components/responses/Problem"}}


def _response(status: HTTPStatus, codes: list[str]) -> Json:
    examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
    content = content_of("Refusal", PROBLEM_TYPE)
    content[PROBLEM_TYPE]["examples"] = examples
    by_gateway = status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    if by_gateway:
        content |= content_of("GatewayMessage")
    more = ["WWW-Authenticate"] if status is HTTPStatus.UNAUTHORIZED else []
    if _COME_LATER & set(codes):
        more.append("Retry-After")
    names = ", ".join(f"`{code}`" for code in codes)
    return {
        "description": f"{status.phrase}: {names}",
        "headers": described(more, by_gateway=by_gateway),
        "content": content,
    }


def _example(kind: type[errors.PlatformError], detail: str) -> Json:
    status = status_of_kind(kind)
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": kind.code,
        "requestId": "01890000-0000-7000-8000-000000000000",
    }


def _all_kinds(kind: type[errors.PlatformError]) -> list[type[errors.PlatformError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in _all_kinds(below))]
