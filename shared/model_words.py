"""Refusals of pydantic in our words: what a value must be, not which pattern it misses."""

import re
from collections.abc import Mapping
from typing import Any, Final

_NAMES: Final = re.compile(r"\^\[([^\]]+)\](?:\[([^\]]+)\])?(?:\*|\{(\d+),(\d+)\})\$")
_PARTS: Final = re.compile(r".-.|.")
_WHOLE: Final[Mapping[str, str]] = {r"^[\s\S]+:": "must be key:value"}
_ID: Final = "^[0-9a-f]{8}-[0-9a-f]{4}-"
_LEAD: Final = re.compile(r"(?:Input|String|List|Tuple|Dictionary|Value) should ")


def in_our_words(error: Mapping[str, Any]) -> str:
    """Say what is wrong with a value, from one of the errors of a ValidationError."""
    if error["type"] == "string_pattern_mismatch":
        return _of_pattern(error["ctx"]["pattern"])
    return _LEAD.sub("must ", error["msg"].removeprefix("Value error, "), count=1)


def _of_pattern(pattern: str) -> str:
    if pattern in _WHOLE:
        return _WHOLE[pattern]
    if pattern.startswith(_ID):
        return "must be an id, as lists show it"
    shape = _NAMES.fullmatch(pattern)
    if shape is None:
        return f"must match the pattern {pattern}"
    first, rest, least, most = shape.groups()
    count = f"{least} to {most} of " if most and not rest else "of "
    begin = f", and begin with one of {_spelt(first)}" if rest else ""
    return f"must be {count}{_spelt(rest or first)}{begin}"


def _spelt(characters: str) -> str:
    return " ".join(_PARTS.findall(characters))
