"""The writer of `shared/http/openapi.json`, from the handlers: `python -m functions.openapi`."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

from shared.http.idempotency import IdempotentRoute
from shared.http.openapi import DOCUMENT
from shared.http.openapi_document import KEY_PARAMETER, document_of

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

TITLE = "Headrace"
VERSION = "0.1.0"


def build() -> str:
    """Return the OpenAPI 3.1 document of what each API function says of itself."""
    return document_of({resource: _part(app) for resource, app in apps()}, TITLE, VERSION)


def apps() -> Iterator[tuple[str, "APIGatewayHttpResolver"]]:
    """Find the functions that serve routes, by name: the others' handlers have no `app`."""
    for handler in sorted(Path(__file__).parent.glob("*/handler.py")):
        resource = handler.parent.name
        app = getattr(importlib.import_module(f"functions.{resource}.handler"), "app", None)
        if app is not None:
            yield resource, app


def _part(app: "APIGatewayHttpResolver") -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(app.get_openapi_json_schema(title=TITLE, version=VERSION))
    for route in (*app._static_routes, *app._dynamic_routes):  # noqa: SLF001 - no other list
        operation = schema["paths"][route.openapi_path][route.method.lower()]
        operation["operationId"] = to_camel(route.func.__name__)
        # Powertools describes the body that it checks, and forgets that a route takes another too.
        operation.update(route.openapi_extensions or {})
        if any(isinstance(each, IdempotentRoute) for each in route.middlewares):
            operation.setdefault("parameters", []).append(KEY_PARAMETER)
    return schema


if __name__ == "__main__":
    DOCUMENT.write_text(build(), encoding="utf-8")
