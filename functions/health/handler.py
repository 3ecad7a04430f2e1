"""The health of the platform, what it is, its API's document, and 404 or 405 for the rest."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Depends, Response
from pydantic import BaseModel

from functions.health.api_page import HEADERS, api_page
from functions.health.info import Info, info
from shared.config import FlowsTableSettings, settings
from shared.errors import UnavailableError
from shared.http import openapi
from shared.http.app import http_app, http_handler
from shared.http.html import ANSWER as PAGE
from shared.observability import logger

app = http_app()

Checks = Mapping[str, Callable[[], object]]


class Health(BaseModel):
    """The healthy state; any other is answered by 503, which names what fails."""

    status: Literal["ok"] = "ok"


def checks() -> Checks:
    """Name what must answer before requests can be served, each with a cheap question to it."""
    return {"store": _ask_store}


@app.get("/healthz", summary="Whether the API answers at all")
def get_health() -> Health:
    return Health()


@app.get("/readyz", summary="Whether the store answers too")
def get_readiness(needed: Annotated[Checks, Depends(checks)]) -> Health:
    failing = [name for name, ask in needed.items() if not _is_well(ask)]
    if failing:
        raise UnavailableError(f"not ready: {', '.join(failing)}")
    return Health()


@app.get("/openapi.json", summary="This document")
def get_openapi() -> Response[Any]:
    return Response(HTTPStatus.OK, "application/json", openapi.document())


@app.get("/docs", summary="This document as a page", responses=PAGE)
def get_docs() -> Response[str]:
    return Response(HTTPStatus.OK, "text/html; charset=utf-8", api_page(), headers=HEADERS)


@app.get("/api/v1/info", summary="What this stack is, and its limits")
def get_info() -> Info:
    return info()


def _ask_store() -> object:
    from shared.aws import IMPATIENT, table  # noqa: PLC0415 - /healthz and 404s need no client

    name = settings(FlowsTableSettings).flows_table_name
    return table(name, IMPATIENT).get_item(Key={"pk": "readiness", "sk": "readiness"})


def _is_well(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except Exception:  # noqa: BLE001 - whatever it is, it is not ready
        logger.warning("not ready", exc_info=True)
        return False
    return True


lambda_handler = http_handler(app)
