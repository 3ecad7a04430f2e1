"""The description of a stack for clients: its version, its options, its limits."""

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.config import StackSettings, settings
from shared.http import openapi
from shared.http.bodies import MAX_BODY_BYTES
from shared.http.paging import MAX_LIMIT


class _Shown(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class Limits(_Shown):
    """The bounds of requests, in bytes, seconds and numbers; null for what there is not yet."""

    body_bytes: int
    flow_bytes: int
    tasks: int
    page_size: int
    wait_seconds: int | None = None
    document_bytes: int | None = None


class Info(_Shown):
    """The stack: its version, what it was made as, where live news come from, its limits."""

    version: str
    stage: str
    auth: Literal["on", "off"]
    websocket_url: str | None = None
    limits: Limits


def info() -> Info:
    """Return what this stack is; raises pydantic's error when it was not told."""
    told = settings(StackSettings)
    return Info(
        version=json.loads(openapi.document())["info"]["version"],
        stage=told.headrace_stage,
        auth=told.headrace_auth,
        limits=_limits(),
    )


def _limits() -> Limits:
    from shared.flows.source.reader import MAX_TEXT  # noqa: PLC0415 - /healthz needs no YAML
    from shared.flows.validation.tasks import MAX_TASKS  # noqa: PLC0415 - it needs no plugins

    return Limits(
        body_bytes=MAX_BODY_BYTES, flow_bytes=MAX_TEXT, tasks=MAX_TASKS, page_size=MAX_LIMIT
    )
