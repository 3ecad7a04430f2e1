"""Instants as the API shows them: RFC 3339, UTC, milliseconds, `Z`."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, PlainSerializer, WithJsonSchema

from shared.messages import InvalidValueError, Message


def to_rfc3339(instant: datetime) -> str:
    """Write an instant in fixed width, so that text sorts as time does; milliseconds at most."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_rfc3339(text: str) -> datetime:
    """Read an aware datetime in UTC; InvalidValueError without an offset, or past 9999."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        message = Message('"{text:40}" is no time: write 2026-01-31T12:00:00Z', text=text)
        raise InvalidValueError(message) from None
    if instant.tzinfo is None:
        raise InvalidValueError(Message('"{text:40}" has no time zone: add Z', text=text))
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        message = Message('"{text:40}" is in no year of UTC from 1 to 9999', text=text)
        raise InvalidValueError(message) from None


def utc_now() -> datetime:
    """Return the clock's time, cut to the milliseconds that are stored."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _from_text(value: Any) -> Any:
    """Take text and nothing else: a bare number would pass for seconds since 1970."""
    return from_rfc3339(str(value))


Instant = Annotated[
    datetime,
    BeforeValidator(_from_text),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant that a client sends."""

Timestamp = Annotated[
    AwareDatetime,
    PlainSerializer(to_rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
