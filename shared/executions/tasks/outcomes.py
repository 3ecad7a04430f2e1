"""Outcomes of an attempt: outputs as text, or a failure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.executions.task_runs import Failure, LogLine, TaskStatus
from shared.expressions import TemplateError
from shared.masking import Masking
from shared.messages import Message
from shared.plugins.sdk.plugin import PluginError

MAX_OUTPUT_BYTES = 20_000_000
"""An output above this fails its task; parsed, it takes several times as much of the memory."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of an attempt; `outputs` is JSON text, null where the plugin was never called.

    `iterations` is how many a loop has, where some of them never began.
    """

    status: TaskStatus
    outputs: str | None = None
    error: Failure | None = None
    logs: tuple[LogLine, ...] = ()
    iterations: int | None = None


def failure_of(error: PluginError | TemplateError, masking: Masking) -> Failure:
    """Return the failure that an error of the task itself is recorded as, without any secret."""
    message = error.message.shown(masking)
    if isinstance(error, PluginError):
        return Failure(
            code=error.code,
            message=message,
            status_code=error.status_code,
            retry_after_seconds=error.retry_after_seconds,
        )
    return Failure(code=error.code, message=message)


def serialised(outputs: Mapping[str, Any]) -> str:
    """Return outputs as they are stored; PluginError when they are no JSON, or too large."""
    try:
        text = json.dumps(outputs, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise PluginError("the outputs are no JSON", code="invalid_output") from error
    if size > MAX_OUTPUT_BYTES:
        message = Message(f"the outputs take {{size}} bytes, {MAX_OUTPUT_BYTES} at most", size=size)
        raise PluginError(message, code="output_too_large")
    return text


def _kept(outputs: Mapping[str, Any]) -> str | None:
    """Return outputs that a failure brings along; None when they are too large to keep."""
    if not outputs:
        return None
    try:
        return serialised(outputs)
    except PluginError:
        return None
