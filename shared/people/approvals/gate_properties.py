"""Properties of a `flow.gate`, read and bounded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.auth.names import is_name
from shared.durations import parse_duration
from shared.json_text import kind
from shared.messages import Message, reason
from shared.people.approvals.models import Decision, Escalation
from shared.plugins.sdk.plugin import PluginError
from shared.plugins.sdk.values import text

MAX_MESSAGE_BYTES = 8 * 1024
MAX_APPROVERS = 100
MAX_APPROVER_CHARACTERS = 256
MAX_NAMES = 300
"""The number of approvers and others who are asked: an approval is one item of 400 KB."""
MAX_REMINDERS, MAX_ESCALATIONS, MAX_NAMES_IN_LINE = 100, 10, 3
"""The limits of lines in the log of the gate's task, which holds 60 KB."""
ON_TIMEOUT: Mapping[str, Decision | None] = {
    "reject": Decision.REJECTED,
    "approve": Decision.APPROVED,
    "fail": None,
}
_NAMES = Message(", ".join(ON_TIMEOUT))


@dataclass(frozen=True)
class GateProperties:
    """The rendered properties of a gate; durations count from the moment it was asked."""

    message: str
    approvers: tuple[str, ...]
    timeout: timedelta | None
    on_timeout: Decision | None
    remind: tuple[timedelta, ...]
    escalate: tuple[Escalation, ...]


def read_gate(properties: Mapping[str, Any]) -> GateProperties:
    """Read rendered properties; raises PluginError."""
    message = text(properties["message"])
    if len(message.encode(errors="replace")) > MAX_MESSAGE_BYTES:
        raise PluginError(f"message: more than {MAX_MESSAGE_BYTES} bytes", code="too_large")
    on_timeout = properties.get("onTimeout", "reject")
    if not isinstance(on_timeout, str) or on_timeout not in ON_TIMEOUT:
        raise _wrong(
            "onTimeout",
            Message("'{value}' is none of {names}", value=on_timeout, names=_NAMES),
        )
    timeout = properties.get("timeout")
    gate = GateProperties(
        message=message,
        approvers=_names(properties.get("approvers") or [], "approvers"),
        timeout=None if timeout is None else _duration(timeout, "timeout"),
        on_timeout=ON_TIMEOUT[on_timeout],
        remind=tuple(sorted(_durations(properties.get("remind") or []))),
        escalate=tuple(sorted(_escalations(properties), key=lambda each: each.after)),
    )
    if len(gate.approvers) + sum(len(each.to) for each in gate.escalate) > MAX_NAMES:
        raise _wrong("escalate", f"more than {MAX_NAMES} names with the approvers")
    return gate


def _escalations(properties: Mapping[str, Any]) -> Iterator[Escalation]:
    steps = properties.get("escalate") or []
    if not isinstance(steps, list):
        raise _wrong("escalate", f"must be a list, not {kind(steps)}")
    if len(steps) > MAX_ESCALATIONS:
        raise _wrong("escalate", f"more than {MAX_ESCALATIONS}")
    for each in steps:
        if not isinstance(each, dict) or not {"after", "to"} <= each.keys():
            raise _wrong("escalate", "not a list of maps with after and to")
        to = [each["to"]] if isinstance(each["to"], str) else each["to"]
        yield Escalation(after=_duration(each["after"], "escalate"), to=_names(to, "escalate"))


def _durations(values: Any) -> Iterator[timedelta]:
    if not isinstance(values, list):
        raise _wrong("remind", f"must be a list, not {kind(values)}")
    if len(values) > MAX_REMINDERS:
        raise _wrong("remind", f"more than {MAX_REMINDERS}")
    for value in values:
        yield _duration(value, "remind")


def _names(value: Any, place: str) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value]
    if len(names) > MAX_APPROVERS:
        raise _wrong(place, f"more than {MAX_APPROVERS}")
    for name in names:
        if not isinstance(name, str) or not 0 < len(name) <= MAX_APPROVER_CHARACTERS:
            raise _wrong(place, "not a list of usernames, role:NAME and group:NAME")
        if ":" in name and not is_name(name):
            raise _wrong(place, Message("'{name}' is no role:NAME nor group:NAME", name=name))
    return tuple(dict.fromkeys(names))


def _duration(value: Any, place: str) -> timedelta:
    try:
        return parse_duration(value)
    except (ValueError, TypeError) as error:
        raise _wrong(place, reason(error)) from None


def _wrong(place: str, what: Message | str) -> PluginError:
    message = Message("properties.{place}: {what}", place=Message.of(place), what=Message.of(what))
    return PluginError(message, code="invalid_properties")
