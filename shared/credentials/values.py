"""The values of credentials: a text, or a map of texts; no refusal quotes any of it. Pure."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from shared.json_text import compact, kind

MAX_VALUE_BYTES: Final = 65_536
"""The size of a text; of a map, of its names and texts together."""
MAX_FIELDS: Final = 50
MAX_FIELD_NAME: Final = 128


class CredentialType(StrEnum):
    TEXT = "text"
    MAP = "map"


Value = str | Mapping[str, str]


def checked_value(value: Any) -> Any:
    """Return a value that a credential may have; ValueError, a sentence without any of it."""
    if isinstance(value, str):
        texts = [value]
    elif isinstance(value, Mapping):
        _check_fields(value)
        texts = [*value, *value.values()]
    else:
        # ValueError, not TypeError: pydantic makes a refusal of it.
        raise ValueError(f"must be a text or a map of texts, not {kind(value)}")  # noqa: TRY004
    if not value:
        raise ValueError("must not be empty")
    if sum(len(text.encode()) for text in texts) > MAX_VALUE_BYTES:
        raise ValueError(f"must take at most {MAX_VALUE_BYTES} bytes")
    return value


def _check_fields(value: Mapping[Any, Any]) -> None:
    if len(value) > MAX_FIELDS:
        raise ValueError(f"must have at most {MAX_FIELDS} fields")
    if any(not 1 <= len(name) <= MAX_FIELD_NAME for name in value):
        raise ValueError(f"must have fields whose names have 1 to {MAX_FIELD_NAME} characters")
    wrong = next((each for each in value.values() if not isinstance(each, str)), "")
    if wrong != "":
        raise ValueError(f"must be a text or a map of texts, not of {kind(wrong)}")


def type_of(value: Value) -> CredentialType:
    """Tell the type of a credential from its value."""
    return CredentialType.TEXT if isinstance(value, str) else CredentialType.MAP


def value_bytes(value: Value) -> bytes:
    """Return a value as it is sealed."""
    return compact(value).encode()


def value_of(secret: bytes) -> Value:
    """Return the value that was sealed."""
    value: Value = json.loads(secret)
    return value
