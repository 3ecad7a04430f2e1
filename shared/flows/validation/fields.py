"""The reading of maps with known fields: their kinds, the unknown ones, the missing ones."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher
from typing import Any

from shared import json_text
from shared.durations import parse_duration
from shared.flows.source.report import Spot
from shared.json_text import Json, kind
from shared.messages import reason

Reader = Callable[[Spot], Any]
"""The reader of a value: it returns that at a spot, or None after it has refused it."""

_MAX_GUESSED = 100
_UNLIKE = 0.59
"""The likeness of words (of 1) up to which no one would take them for each other."""

UNNAMED = "?"
"""The prefix of a stand-in for a missing name; no name can begin with it."""


@dataclass(frozen=True)
class Field:
    """A field of a map; null stands for absence unless `takes_null`."""

    read: Reader
    is_required: bool = False
    takes_null: bool = False


def _no_advice(_name: str) -> str:
    return ""


def read_fields(
    spot: Spot, fields: Mapping[str, Field], advice: Callable[[str], str] = _no_advice
) -> dict[str, Any]:
    """Read each field that is there; name the unknown and the missing ones.

    `advice` says what to write instead of an unknown one, if it knows better than a likely name.
    """
    if spot.node.entries is None:
        refuse_kind(spot, "a map")
        return {}
    values: dict[str, Any] = {}
    for name, child in spot.entries():
        field = fields.get(name)
        if field is None:
            place = spot.path or "the top of the flow"
            hint = advice(name) or suggest(name, fields, child)
            child.refuse_key(f'unknown field "{shorten(name)}" at {place}{hint}')
        elif child.value is not None or field.takes_null:
            values[name] = field.read(child)
    for name, field in fields.items():
        if field.is_required and name not in values:
            spot.refuse(f'missing "{name}"')
    return values


def suggest(word: str, known: Iterable[str], spot: Spot) -> str:
    """Return ` (did you mean "x"?)`, or nothing if no name comes close or errors are too many.

    Of names that are equally close the first of `known` is meant: they come in the text's order.
    """
    if spot.report.is_full() or len(word) > _MAX_GUESSED:
        return ""
    closest = _closest(word.lower(), (name for name in known if not name.startswith(UNNAMED)))
    return f' (did you mean "{closest}"?)' if closest else ""


def _closest(word: str, names: Iterable[str]) -> str:
    matcher = SequenceMatcher()
    matcher.set_seq2(word)
    closest, likeness = "", _UNLIKE
    for name in names:
        matcher.set_seq1(name.lower())
        bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
        if all(bound() > likeness for bound in bounds):
            closest, likeness = name, matcher.ratio()
    return closest


def shorten(text: str) -> str:
    return text if len(text) <= _MAX_GUESSED else text[:_MAX_GUESSED] + "…"


def refuse_kind(spot: Spot, expected: str) -> None:
    spot.refuse(f"must be {expected}, not {kind(spot.value)}")


def text(spot: Spot) -> str | None:
    if isinstance(spot.value, str):
        return spot.value
    hint = "; quote it" if spot.node.scalar and spot.value is not None else ""
    spot.refuse(f"must be text, not {kind(spot.value)}{hint}")
    return None


def boolean(spot: Spot) -> bool | None:
    if isinstance(spot.value, bool):
        return spot.value
    refuse_kind(spot, "true or false")
    return None


def anything(spot: Spot) -> Json:
    return spot.value


def name(pattern: str, longest: int, rule: str) -> Reader:
    """Return a reader of text of a form; `rule` says the form to people."""
    compiled = re.compile(pattern)

    def read(spot: Spot) -> str | None:
        value = text(spot)
        if value is None or (compiled.fullmatch(value) and len(value) <= longest):
            return value
        if not value or not compiled.fullmatch(value):
            spot.refuse(f'bad name "{shorten(value)}": {rule}')
        else:
            spot.refuse(f"the name has {len(value)} characters, at most {longest} are allowed")
        return None

    return read


def choice(*options: str) -> Reader:
    def read(spot: Spot) -> str | None:
        value = text(spot)
        if value is None or value in options:
            return value
        hint = suggest(value, options, spot)
        spot.refuse(f'"{shorten(value)}" is not one of {", ".join(options)}{hint}')
        return None

    return read


def whole_number(*, least: int) -> Reader:
    def read(spot: Spot) -> int | None:
        value = json_text.whole_number(spot.value)
        if value is None:
            expected = "a whole number"
            refuse_kind(spot, expected) if not isinstance(spot.value, float) else spot.refuse(
                f"must be {expected}"
            )
        elif value < least:
            spot.refuse(f"must be at least {least}")
        else:
            return value
        return None

    return read


def number(*, least: float) -> Reader:
    def read(spot: Spot) -> float | None:
        value = spot.value
        if not isinstance(value, int | float) or isinstance(value, bool):
            refuse_kind(spot, "a number")
        elif value < least:
            spot.refuse(f"must be at least {least}")
        else:
            return value
        return None

    return read


def duration(spot: Spot, *, may_be_zero: bool = True) -> timedelta | None:
    value = spot.value
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        refuse_kind(spot, "a duration")
        return None
    try:
        length = parse_duration(value)
    except ValueError as error:
        spot.refuse(reason(error).unmasked())
        return None
    if not length and not may_be_zero:
        spot.refuse("a duration of 0 makes no sense here")
        return None
    return length


def some_duration(spot: Spot) -> timedelta | None:
    return duration(spot, may_be_zero=False)


def duration_or_template(spot: Spot) -> timedelta | str | None:
    """Read a duration; a template stays text, which is checked when it is rendered."""
    if isinstance(spot.value, str) and ("{{" in spot.value or "{%" in spot.value):
        return spot.value
    return some_duration(spot)


def names_map(read: Reader) -> Reader:
    """Return a reader of maps whose keys are names people chose; `read` reads each value."""

    def read_map(spot: Spot) -> dict[str, Any] | None:
        if spot.node.entries is None:
            refuse_kind(spot, "a map")
            return None
        values = {}
        for key, child in spot.entries():
            if not child.has_text_key:
                child.refuse_key(f"a name must be text; quote {shorten(key)}")
            values[key] = read(child)
        return values

    return read_map


def labels(spot: Spot) -> dict[str, Any] | None:
    """Read a map of texts; no name is empty, for a store could not hold it."""
    found: dict[str, Any] | None = names_map(text)(spot)
    for key, child in spot.entries() if found else ():
        if not key:
            child.refuse_key("a label needs a name")
    return found


def list_of(read: Reader) -> Reader:
    def read_list(spot: Spot) -> tuple[Any, ...] | None:
        if spot.node.items is None:
            refuse_kind(spot, "a list")
            return None
        return tuple(read(child) for child in spot.items())

    return read_list
