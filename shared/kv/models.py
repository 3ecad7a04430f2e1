"""Keys as they are stored and as they are shown; their names, values and numbers, with limits."""

import json
import math
import re
from datetime import datetime, timedelta
from decimal import Context, Decimal, Inexact
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from shared import strict_json
from shared.durations import parse_duration
from shared.json_text import Json, kind
from shared.messages import InvalidValueError, Message
from shared.names import MAX_NAMESPACE_LENGTH, NAMESPACE_PATTERN
from shared.records import StrictRecord
from shared.times import Timestamp

KEY_PATTERN: Final = r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$"
MAX_KEY_LENGTH: Final = 250
MAX_VALUE_BYTES: Final = 256 * 1024
"""The bytes of a value as compact JSON."""

KeyPrefix = Annotated[
    str, StringConstraints(pattern=r"^([a-zA-Z0-9][a-zA-Z0-9._-]*)?$", max_length=MAX_KEY_LENGTH)
]
"""The begin of a key; empty: of any."""

NAMESPACE_RULE: Final = (
    'is no namespace: write small letters, digits, ".", "_" and "-", '
    f"a letter or a digit first, {MAX_NAMESPACE_LENGTH} characters at most"
)
KEY_RULE: Final = (
    'is no key: write letters, digits, ".", "_" and "-", '
    f"a letter or a digit first, {MAX_KEY_LENGTH} characters at most"
)


def is_namespace(text: str) -> bool:
    """Tell whether a text may be a namespace."""
    return len(text) <= MAX_NAMESPACE_LENGTH and bool(re.fullmatch(NAMESPACE_PATTERN, text))


def is_key(text: str) -> bool:
    """Tell whether a text may be a key."""
    return len(text) <= MAX_KEY_LENGTH and bool(re.fullmatch(KEY_PATTERN, text))


def value_text(value: Json) -> str:
    """Write a value as it is stored; InvalidValueError for no JSON, and for more than its limit."""
    text = strict_json.text_of(value)
    size = len(text.encode())
    if size > MAX_VALUE_BYTES:
        sentence = f"takes {{size}} bytes as JSON, {MAX_VALUE_BYTES} at most"
        raise InvalidValueError(Message(sentence, size=size))
    return text


def read_ttl(value: Json) -> timedelta:
    """Read for how long a key lives; InvalidValueError for no duration, and for nothing at all."""
    if type(value) not in {int, float, str}:
        raise InvalidValueError(f"must be a duration, not {kind(value)}")
    ttl = parse_duration(value)
    if ttl < timedelta(milliseconds=1):
        raise InvalidValueError("a key must live for a millisecond or longer")
    return ttl


_EXACTLY: Final = Context(prec=1_000, traps=[Inexact])
"""The digits of a double and of the longest whole number, and more."""


def sum_of(value: Json, by: float) -> int | float:
    """Add two numbers exactly, as they are written: 0.1 and 0.2 make 0.3.

    Raises InvalidValueError when the value is no number, or none holds the sum.
    """
    if type(value) not in {int, float}:
        raise InvalidValueError(f"the value is {kind(value)}, not a number")
    try:
        total = _EXACTLY.add(_decimal(value), _decimal(by))
    except Inexact:
        raise InvalidValueError("no number holds the sum exactly") from None
    is_whole = total == int(total)
    return strict_json.whole_number(str(int(total))) if is_whole else _fraction(f"{total:f}")


def _decimal(number: float) -> Decimal:
    if not math.isfinite(number):
        raise InvalidValueError("a number is out of range")
    return Decimal(repr(number))


def _fraction(digits: str) -> float:
    try:
        return strict_json.decimal_number(digits)
    except InvalidValueError:
        raise InvalidValueError("no number holds the sum exactly") from None


class StoredKey(BaseModel):
    """A key as its item says it: `text` is the value as JSON, None of a large one, which is apart.

    `version` counts writes, deletions too. A deleted key stays for a while, so that the next of
    its name goes on counting: no version, which is the ETag, is ever that of another value.
    """

    model_config = ConfigDict(frozen=True)

    namespace: str
    key: str
    version: int
    updated_at: datetime
    expires_at: datetime | None = None
    text: str | None = None
    is_large: bool = False
    is_deleted: bool = False

    def lives(self, now: datetime) -> bool:
        """Tell whether the key is there; its last moment is the one before `expires_at`."""
        return not self.is_deleted and (self.expires_at is None or now < self.expires_at)


class ListedKey(StrictRecord):
    """A key as lists show it."""

    key: str
    version: int
    updated_at: Timestamp
    expires_at: Timestamp | None = None


class KeyEntry(StrictRecord):
    """A key with its value, as the API shows it."""

    namespace: str
    key: str
    value: Json
    version: int
    updated_at: Timestamp
    expires_at: Timestamp | None = None

    @classmethod
    def of(cls, stored: StoredKey) -> "KeyEntry":
        shown = stored.model_dump(include=set(cls.model_fields))
        return cls.model_validate({**shown, "value": json.loads(stored.text or "null")})


Ttl = Annotated[
    timedelta,
    BeforeValidator(read_ttl),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]}),
]


class KeyDraft(StrictRecord):
    """A value to be kept, for so long; None: for ever.

    An entry can be changed and sent back: what only we write is taken and ignored.
    """

    value: Json
    ttl: Ttl | None = Field(
        default=None,
        json_schema_extra={"examples": ["1h30m"]},
        description="A number of seconds, `1h30m` or ISO 8601; without it the key stays.",
    )
    namespace: str | None = None
    key: str | None = None
    version: Any = None
    updated_at: Any = None
    expires_at: Any = None


class Incremented(BaseModel):
    """A number after it was added to, and whether its key was there before."""

    model_config = ConfigDict(frozen=True)

    value: Any
    existed: bool
