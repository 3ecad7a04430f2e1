"""Triggers written in the flow itself: their types, and what each is configured with."""

import re
from collections.abc import Mapping
from typing import Any, Final

from shared.flows.source.report import Spot
from shared.flows.validation import fields
from shared.flows.validation.fields import Field, read_fields
from shared.flows.validation.templates import FLOW, TemplateRules
from shared.messages import InvalidValueError
from shared.zones import zone_named

_NICKNAMES: Final = (
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
)
_MONTHS: Final = (
    "JAN",
    "FEB",
    "MAR",
    "APR",
    "MAY",
    "JUN",
    "JUL",
    "AUG",
    "SEP",
    "OCT",
    "NOV",
    "DEC",
)
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_CRON: Final = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
_PART = re.compile(r"(?:\*|([A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?)(?:/([0-9]{1,4}))?")
_STATES: Final = ("SUCCESS", "FAILED", "CANCELLED", "TIMED_OUT")


def _cron(spot: Spot) -> str | None:
    value = fields.text(spot)
    if value is None:
        return None
    if value.startswith("@"):
        if value not in _NICKNAMES:
            spot.refuse(f'bad cron: unknown nickname "{fields.shorten(value)}"')
        return value
    parts = value.split()
    if len(parts) != len(_CRON):
        spot.refuse(f"bad cron: {len(parts)} fields, 5 are needed")
        return None
    for part, (name, least, most, words) in zip(parts, _CRON, strict=True):
        if not all(_is_cron_item(item, least, most, words) for item in part.split(",")):
            spot.refuse(f'bad cron: "{fields.shorten(part)}" is no {name}')
    return value


def _is_cron_item(item: str, least: int, most: int, words: tuple[str, ...]) -> bool:
    match = _PART.fullmatch(item)
    if match is None or (match[3] is not None and int(match[3]) == 0):
        return False
    bounds = [_cron_number(text, least, words) for text in (match[1], match[2]) if text]
    return all(least <= each <= most for each in bounds) and bounds == sorted(bounds)


def _cron_number(text: str, least: int, words: tuple[str, ...]) -> int:
    if text.upper() in words:
        return words.index(text.upper()) + least
    return int(text) if text.isdigit() and len(text) <= 4 else -1


def _timezone(spot: Spot) -> str | None:
    value = fields.text(spot)
    if value is None:
        return None
    try:
        zone_named(value)
    except InvalidValueError as error:
        spot.refuse(error.message.unmasked())
        return None
    return value


def _a_map(spot: Spot) -> Any:
    if spot.node.entries is None:
        fields.refuse_kind(spot, "a map")
    return spot.value


_KEY = fields.name(r"[A-Za-z0-9_-]+", 200, 'letters, digits, "_" and "-"')
_CONFIGS: Final[Mapping[str, Mapping[str, Field]]] = {
    "webhook": {
        "key": Field(_KEY),
        "secret": Field(fields.text),
        "scheme": Field(fields.choice("standard-webhooks", "github", "stripe", "hmac-sha256")),
        "inputs": Field(_a_map),
        "condition": Field(fields.text),
        "dedupeHeader": Field(fields.text),
    },
    "cron": {
        "cron": Field(_cron, is_required=True),
        "timezone": Field(_timezone),
        "misfire": Field(fields.choice("none", "last", "all")),
        "inputs": Field(_a_map),
    },
    "event": {"pattern": Field(_a_map, is_required=True), "inputs": Field(_a_map)},
    "queue": {"condition": Field(fields.text), "inputs": Field(_a_map)},
    "flow": {
        "flowId": Field(fields.text, is_required=True),
        "states": Field(fields.list_of(fields.choice(*_STATES))),
        "inputs": Field(_a_map),
    },
}
_FIELDS: Final[Mapping[str, Field]] = {
    "name": Field(
        fields.name(
            r"[a-zA-Z0-9][a-zA-Z0-9._-]*",
            100,
            'letters, digits, ".", "_" and "-", beginning with a letter or digit',
        ),
        is_required=True,
    ),
    "type": Field(fields.choice(*_CONFIGS), is_required=True),
    "enabled": Field(fields.boolean),
    "config": Field(_a_map),
}


def read_triggers(spot: Spot) -> tuple[dict[str, Any], ...]:
    """Read triggers as their resources are written: name, type, enabled, config."""
    if spot.node.items is None:
        fields.refuse_kind(spot, "a list")
        return ()
    names: set[str] = set()
    triggers = []
    for child in spot.items():
        values = read_fields(child, _FIELDS)
        name, kind = values.get("name"), values.get("type")
        if name is not None and name in names:
            (child.entry("name") or child).refuse(f'duplicate trigger "{name}"')
        names.add(name or "")
        _read_config(child, kind)
        triggers.append(dict(child.value) if isinstance(child.value, dict) else {})
    return tuple(triggers)


def _read_config(trigger: Spot, kind: str | None) -> None:
    if kind is None:
        return
    config = trigger.entry("config")
    if config is not None and config.node.entries is not None:
        read_fields(config, _CONFIGS[kind])
        return
    for name, field in _CONFIGS[kind].items():
        if field.is_required and (config is None or config.value is None):
            (config or trigger).refuse(f'missing "{name}" in the config of a {kind} trigger')


def check_trigger_templates(spot: Spot | None, rules: TemplateRules) -> None:
    """Check `inputs` as templates and `condition` as an expression."""
    for trigger in spot.items() if spot else ():
        config = trigger.entry("config")
        inputs = config.entry("inputs") if config else None
        condition = config.entry("condition") if config else None
        if inputs:
            rules.check_tree(inputs, FLOW)
        if condition:
            rules.check_expression(condition, FLOW)
