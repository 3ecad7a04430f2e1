"""Durations in tasks, written as such or as a template."""

from dataclasses import replace
from datetime import timedelta

from shared.durations import parse_duration
from shared.expressions import Scope, TemplateError, TemplateSyntaxError, render_tree
from shared.flows.language.definition import TaskDefinition
from shared.messages import Message, reason
from shared.plugins.sdk.plugin import PluginError

MALFORMED = (TemplateError, TemplateSyntaxError, PluginError)
"""The errors of reading a task's own fields; the task fails with them."""


def read_timeout(task: TaskDefinition, scope: Scope) -> timedelta | None:
    """Return a task's time-out; a template is rendered, in which no credential can be named."""
    bare = replace(scope, credentials=None)
    return None if task.timeout is None else read_duration(task.timeout, bare, "timeout")


def read_duration(value: timedelta | str, scope: Scope, place: str) -> timedelta:
    """Return a duration that may have been written as a template; raises one of MALFORMED."""
    if isinstance(value, timedelta):
        return value
    return _duration(render_tree(value, scope, place), place)


def _duration(value: object, place: str) -> timedelta:
    try:
        return parse_duration(value)  # type: ignore[arg-type]  # it refuses what is no duration
    except (ValueError, TypeError) as error:
        raise PluginError(
            Message("{place}: {why}", place=Message.of(place), why=reason(error)),
            code="invalid_properties",
        ) from None
