"""The headers of answers in the OpenAPI document, each described once."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.http.headers import IDEMPOTENCY_KEY

Json = dict[str, Any]


def _header(description: str, *, is_required: bool = False, **schema: Any) -> Json:
    required = {"required": True} if is_required else {}
    return {"description": description, **required, "schema": {"type": "string", **schema}}


COMPONENTS: Mapping[str, Json] = {
    "X-Request-Id": _header(
        "The request's id in logs: the client's own, or a new one.", is_required=True, minLength=1
    ),
    "X-Request-Id-Of-Ours": _header("The same, where it is not the gateway that answers."),
    "Cache-Control": _header(
        "What may be kept: of a read what is asked after each time, of all else nothing."
    ),
    "ETag": _header(
        "What `If-None-Match` takes and, unless it is weak, `If-Match`.",
        is_required=True,
        pattern='^(W/)?"[!#-~]+"$',
    ),
    "Location": _header("Where it is read.", is_required=True, pattern="^/"),
    "Link": _header("The next page, while there is one.", pattern='^</.+>; rel="next"$'),
    "Idempotency-Replayed": _header(
        "There where this answers an earlier request of the same key.", const="true"
    ),
    "Vary": _header("What picks the form of the answer.", is_required=True),
    "Allow": _header("Of 405: the methods of the path."),
    "WWW-Authenticate": _header("How to log in."),
    "Retry-After": {
        "description": "Seconds to wait.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "Content-Security-Policy": _header("What the page may load.", is_required=True),
    "Referrer-Policy": _header("What its links tell.", is_required=True),
    "X-Content-Type-Options": _header("It is what it says.", is_required=True, const="nosniff"),
}

_PAGE = ("Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options")
_UNTAGGED = {"createExecution"}
_TAGGED = {"importFlow"}
"""The operations whose 200 says what their 201 does: they changed what was there already."""
_UNLOCATED = {"createExecution", "createClient"}


def described(names: Iterable[str], *, by_gateway: bool = False) -> Json:
    """Describe the headers of a response, beside those that every one of its kind has."""
    of_ours = "X-Request-Id-Of-Ours" if by_gateway else "X-Request-Id"
    told = {name: _reference(name) for name in ("Cache-Control", *names)}
    return {"X-Request-Id": _reference(of_ours)} | told


def headers_of_answer(operation: Json, status: str, content: Mapping[str, Any]) -> Json:
    """Describe the headers of an answer that is no refusal."""
    names = {each["name"] for each in operation.get("parameters", ())}
    told = {
        "Link": "cursor" in names,
        "Idempotency-Replayed": IDEMPOTENCY_KEY in names,
        "ETag": _is_tagged(operation["operationId"], names, status, content),
        "Location": status == "201" and operation["operationId"] not in _UNLOCATED,
        "Vary": operation["operationId"] == "getFlow",
        **dict.fromkeys(_PAGE, operation["operationId"] in {"getDocs", "getPluginPage"}),
    }
    return described(name for name, is_there in told.items() if is_there)


def _is_tagged(operation_id: str, names: set[str], status: str, content: Mapping[str, Any]) -> bool:
    is_made = operation_id in _TAGGED or (status == "201" and operation_id not in _UNTAGGED)
    return is_made or "if-none-match" in names or ("if-match" in names and bool(content))


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}
