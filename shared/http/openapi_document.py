"""The shape of the OpenAPI document: its parts merged, every refusal described once."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shared.http.headers import IDEMPOTENCY_KEY, IF_NONE_MATCH
from shared.http.openapi_headers import COMPONENTS as HEADERS
from shared.http.openapi_headers import headers_of_answer
from shared.http.openapi_paths import form_of
from shared.http.openapi_problems import (
    problem_examples,
    problem_responses,
    problem_schemas,
    problems_of_route,
)
from shared.http.openapi_security import BEARER, security_of

Json = dict[str, Any]

POWERTOOLS_SCHEMAS = frozenset(
    {"HTTPValidationError", "ResponseValidationError", "ValidationError"}
)
"""The schemas of errors that its resolver would answer; ours answers problems."""

TEXTS: Mapping[str, Json] = {
    IDEMPOTENCY_KEY: {"pattern": "^[!-~]+$", "minLength": 1, "maxLength": 255},
    "x-correlation-id": {"pattern": "^[!-~]+$", "minLength": 1, "maxLength": 128},
    "cursor": {"pattern": "^[A-Za-z0-9_-]+$", "minLength": 1},
    "if-match": {"minLength": 1},
}
"""The form of parameters whose refusals have codes of their own, and are not the resolver's."""

KEY_PARAMETER: Json = {
    "description": "1 to 255 visible ASCII characters; the same key gives the same answer.",
    "required": False,
    "schema": {"type": "string", "title": "Idempotency-Key"} | TEXTS[IDEMPOTENCY_KEY],
    "name": IDEMPOTENCY_KEY,
    "in": "header",
}
"""The header of a route that is done once; those that start executions have it themselves."""


NOT_MODIFIED: Json = {"description": "Not modified: the client has it as it is"}
TAG_PARAMETER: Json = {
    "description": "ETags that the client has: 304 without a body while one of them holds.",
    "required": False,
    "schema": {"type": "string", "title": "If-None-Match"},
    "name": IF_NONE_MATCH,
    "in": "header",
}
"""The header of every GET of one thing: see `etags.py`."""


def _link(operation_id: str, **parameters: str) -> Json:
    return {"operationId": operation_id, "parameters": parameters}


_FLOW = _link("getFlow", flow_id="$response.body#/id")
_EXECUTION = _link("getExecution", execution_id="$response.body#/executionId")
_STARTS = ("executeFlow", "createExecution", "testFlow", "retryExecution")
LINKS: Mapping[str, Mapping[str, Json]] = {
    "createCredential": {"credential": _link("getCredential", credential_id="$response.body#/id")},
    **{each: {"flow": _FLOW} for each in ("createFlow", "cloneFlow", "importFlow", "applyFlow")},
    "register": {"user": _link("getUser", username="$response.body#/username")},
    "createClient": {"rotation": _link("rotateClient", client_id="$response.body#/clientId")},
    **{each: {"execution": _EXECUTION} for each in _STARTS},
}
"""The reads of what an operation made, by its id."""


def document_of(parts: Mapping[str, Json], title: str, version: str) -> str:
    """Merge the documents of the API functions, by name, into the text of one."""
    components = (part.get("components", {}) for part in parts.values())
    schemas = merge_schemas(each.get("schemas", {}) for each in components)
    paths: dict[str, Json] = {}
    for resource, part in parts.items():
        for path, operations in part["paths"].items():
            paths.setdefault(path, {}).update(_described(path, operations, resource))
    document = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _without_powertools(schemas) | problem_schemas(),
            "responses": problem_responses(),
            "examples": problem_examples(),
            "headers": dict(HEADERS),
            "securitySchemes": {"bearer": BEARER},
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def merge_schemas(groups: Iterator[Json]) -> Json:
    """Join schemas; the same name for two different things would make one of them wrong."""
    merged: Json = {}
    for group in groups:
        for name, schema in group.items():
            if merged.setdefault(name, schema) != schema:
                raise ValueError(f"two schemas are named {name}")
    return merged


def _without_powertools(schemas: Json) -> Json:
    return {name: schemas[name] for name in sorted(schemas) if name not in POWERTOOLS_SCHEMAS}


def _described(path: str, found: Mapping[str, Json], resource: str) -> Json:
    return {
        method: _operation(f"{method.upper()} {path}", _without_null(path, each), resource)
        for method, each in found.items()
    }


def _operation(route: str, operation: Json, resource: str) -> Json:
    """Return an operation with what the role matrix and the table of refusals say of it."""
    found = {status: each for status, each in operation["responses"].items() if status < "4"}
    if route.startswith("GET ") and not _is_list(found["200"]):
        found["304"] = NOT_MODIFIED
        operation["parameters"] = [*operation.get("parameters", ()), TAG_PARAMETER]
    good = {status: _answer(operation, status, each) for status, each in found.items()}
    return {
        **operation,
        "tags": [resource],
        "security": security_of(route),
        "responses": good | problems_of_route(route, operation),
    }


def _is_list(answered: Json) -> bool:
    """Tell whether an answer is a list, which has no validator."""
    return all(_is_array(each["schema"]) for each in answered["content"].values())


def _is_array(schema: Json) -> bool:
    either = schema.get("anyOf")
    return all(map(_is_array, either)) if either else schema.get("type") == "array"


def _without_null(path: str, operation: Json) -> Json:
    """Describe parameters and bodies as they are sent: what is optional is left out, never null."""
    changed = dict(operation)
    if parameters := operation.get("parameters"):
        changed["parameters"] = [
            {**each, **_style(each), "schema": _sent(each["schema"]) | _form(path, each)}
            for each in parameters
        ]
    if body := operation.get("requestBody"):
        content = {
            kind: {**each, "schema": _sent(each["schema"])}
            for kind, each in body["content"].items()
        }
        changed["requestBody"] = {**body, "content": content}
    return changed


def _form(path: str, parameter: Json) -> Json:
    return TEXTS.get(parameter["name"], {}) | form_of(path, parameter)


def _style(parameter: Json) -> Json:
    """Say of a parameter that takes several that commas stand between them."""
    is_list = _sent(parameter["schema"]).get("type") == "array"
    return {"explode": False} if is_list else {}


def _sent(schema: Json) -> Json:
    kinds: list[Json] = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return kinds[0] | {name: each for name, each in schema.items() if name != "anyOf"}


def _answer(operation: Json, status: str, response: Json) -> Json:
    described: Json = {"description": "No content"} if status == "204" else dict(response)
    described["headers"] = headers_of_answer(operation, status, described.get("content", {}))
    if status == "200" and "202" in operation["responses"]:
        return described  # of a dry run, which makes nothing
    made = LINKS.get(operation["operationId"], {})
    links = {name: dict(link) for name, link in made.items()}
    return {**described, "links": links} if links else described
