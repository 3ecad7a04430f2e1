"""Writes `shared/http/openapi.json` from the handlers: `python -m functions.openapi`."""

import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

from shared.errors import Problem
from shared.http.headers import IDEMPOTENCY_KEY
from shared.http.idempotency import IdempotentRoute
from shared.http.openapi import DOCUMENT
from shared.http.problems import PROBLEM_TYPE

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

Json = dict[str, Any]

POWERTOOLS_SCHEMAS = frozenset(
    {"HTTPValidationError", "ResponseValidationError", "ValidationError"}
)
"""What its resolver would answer; ours answers problems."""

KEY_PARAMETER: Json = {
    "description": "1 to 255 visible ASCII characters; the same key gives the same answer.",
    "required": False,
    "schema": {"type": "string", "title": "Idempotency-Key"},
    "name": IDEMPOTENCY_KEY,
    "in": "header",
}
"""Of a route that is done once; the routes that start executions have it in their signature."""

TITLE = "Headrace"
VERSION = "0.1.0"


def build() -> str:
    """Merge what each API function says of itself into one OpenAPI 3.1 document."""
    parts = {resource: _part(app) for resource, app in _apps()}
    schemas = _merged(part.get("components", {}).get("schemas", {}) for part in parts.values())
    paths: dict[str, Json] = {}
    for resource, part in parts.items():
        for path, operations in part["paths"].items():
            paths.setdefault(path, {}).update(_operations(operations, resource))
    document = {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _without_powertools(schemas) | _problem_schemas(),
            "responses": {"Problem": _problem_response()},
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _apps() -> Iterator[tuple[str, "APIGatewayHttpResolver"]]:
    """Find the functions that serve routes, by name: the others' handlers have no `app`."""
    for handler in sorted(Path(__file__).parent.glob("*/handler.py")):
        resource = handler.parent.name
        app = getattr(importlib.import_module(f"functions.{resource}.handler"), "app", None)
        if app is not None:
            yield resource, app


def _part(app: "APIGatewayHttpResolver") -> Json:
    schema: Json = json.loads(app.get_openapi_json_schema(title=TITLE, version=VERSION))
    for route in (*app._static_routes, *app._dynamic_routes):  # noqa: SLF001 - no other list
        operation = schema["paths"][route.openapi_path][route.method.lower()]
        operation["operationId"] = to_camel(route.func.__name__)
        if any(isinstance(each, IdempotentRoute) for each in route.middlewares):
            operation.setdefault("parameters", []).append(KEY_PARAMETER)
    return schema


def _merged(groups: Iterator[Json]) -> Json:
    """Join schemas; the same name for two different things would make one of them wrong."""
    merged: Json = {}
    for group in groups:
        for name, schema in group.items():
            if merged.setdefault(name, schema) != schema:
                raise ValueError(f"two schemas are named {name}")
    return merged


def _without_powertools(schemas: Json) -> Json:
    return {name: schemas[name] for name in sorted(schemas) if name not in POWERTOOLS_SCHEMAS}


def _operations(operations: Mapping[str, Json], resource: str) -> Json:
    return {
        method: {**operation, "tags": [resource], "responses": _responses(operation)}
        for method, operation in operations.items()
    }


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
    }
    refusal = {
        "type": "object",
        "description": "RFC 9457; `code` is stable.",
        "properties": fields,
        "required": [name for name in fields if name != "errors"],
    }
    return {"Problem": Problem.model_json_schema(), "Refusal": refusal}


def _problem_response() -> Json:
    return {
        "description": "A refusal, or a fault on our side",
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Refusal"}}},
    }


if __name__ == "__main__":
    DOCUMENT.write_text(build(), encoding="utf-8")
