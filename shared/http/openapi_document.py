"""The shape of the OpenAPI document: its parts merged, every refusal described once."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from shared.errors import Problem
from shared.http.headers import IDEMPOTENCY_KEY
from shared.http.problems import PROBLEM_TYPE

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


def document_of(parts: Mapping[str, Json], title: str, version: str) -> str:
    """Merge the documents of the API functions, by name, into the text of one."""
    components = (part.get("components", {}) for part in parts.values())
    schemas = merge_schemas(each.get("schemas", {}) for each in components)
    paths: dict[str, Json] = {}
    for resource, part in parts.items():
        for path, operations in part["paths"].items():
            paths.setdefault(path, {}).update(_tagged(operations, resource))
    document = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _without_powertools(schemas) | _problem_schemas(),
            "responses": {"Problem": _problem_response()},
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


def _tagged(found: Mapping[str, Json], resource: str) -> Json:
    return {
        method: {
            **_without_null(operation),
            "tags": [resource],
            "responses": _responses(operation),
        }
        for method, operation in found.items()
    }


def _without_null(operation: Json) -> Json:
    """Describe parameters and bodies as they are sent: what is optional is left out, never null."""
    changed = dict(operation)
    if parameters := operation.get("parameters"):
        changed["parameters"] = [
            {**each, "schema": _sent(each["schema"]) | TEXTS.get(each["name"], {})}
            for each in parameters
        ]
    if body := operation.get("requestBody"):
        content = {
            kind: {**each, "schema": _sent(each["schema"])}
            for kind, each in body["content"].items()
        }
        changed["requestBody"] = {**body, "content": content}
    return changed


def _sent(schema: Json) -> Json:
    kinds: list[Json] = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return kinds[0] | {name: each for name, each in schema.items() if name != "anyOf"}


def _responses(operation: Json) -> Json:
    """Keep the good answers; every other one is a problem, described once.

    What a key may be refused for is named: who sends one has to tell the two apart.
    """
    found = operation["responses"]
    good = {status: _answer(status, each) for status, each in found.items() if status < "4"}
    has_key = any(each["name"] == IDEMPOTENCY_KEY for each in operation.get("parameters", []))
    bad = ("409", "422", "default") if has_key else ("default",)
    return good | {status: {"$ref": "#/components/responses/Problem"} for status in bad}


def _answer(status: str, response: Json) -> Json:
    return {"description": "No content"} if status == "204" else response


def _problem_schemas() -> Json:
    fields: Json = {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "pattern": r"^[a-z_]+$"},
        "requestId": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
        "flowId": {"type": "string", "description": "The flow whose name is taken."},
    }
    refusal = {
        "type": "object",
        "description": "RFC 9457; `code` is stable.",
        "properties": fields,
        "required": [name for name in fields if name not in {"errors", "flowId"}],
    }
    return {"Problem": Problem.model_json_schema(), "Refusal": refusal}


def _problem_response() -> Json:
    return {
        "description": "A refusal, or a fault on our side",
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Refusal"}}},
    }
