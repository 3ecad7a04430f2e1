"""JSON values as text: compact, or equal for equal values only."""

import json
from typing import Any

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict with string keys."""


def compact_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def identity(value: Any) -> str:
    """Return a text equal for equal JSON values only: 1 is 1.0, but neither true nor "1"."""
    return json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"))


def _canonical(value: Any) -> Any:
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
