"""Instants as the API shows them, RFC 3339, UTC, milliseconds, `Z`, and the order of such texts."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, PlainSerializer, WithJsonSchema

from shared.messages import InvalidValueError, Message

_BARE_PLUS = re.compile(r"[0-9] [0-9]{2}:?[0-9]{2}$")
"""The end of a time whose offset began with a `+` that was not encoded."""


def to_rfc3339(instant: datetime) -> str:
    """Write an instant in fixed width, so that text sorts as time does; milliseconds at most."""
    return to_local_rfc3339(instant.astimezone(UTC))


def to_local_rfc3339(instant: datetime) -> str:
    """Write an instant with its own offset, in the same width; an offset of nothing is `Z`."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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


_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,18}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_LENGTHS = range(20, 46)
_AFTER_DATE = 10


def time_order(value: Any) -> tuple[datetime, str] | None:
    """Return by what times are ordered, whatever offset and fraction their texts have.

    None if the value is no time of RFC 3339 with an offset: then texts are ordered as texts.
    """
    if type(value) is not str or len(value) not in _LENGTHS or value[_AFTER_DATE] not in "Tt ":
        return None
    found = _RFC_3339.fullmatch(value)
    if found is None:
        return None
    try:
        second = datetime.fromisoformat(found[1].upper() + found[3].upper())
    except ValueError:
        return None
    return second, (found[2] or "").rstrip("0")


def time_orders(
    values: Iterable[Any], look: Callable[[], None] = lambda: None
) -> list[tuple[datetime, str]] | None:
    """Return the orders of values that are times, all of them, or None; `look` is called for each.

    One text among them that is no time makes all of them texts: an order must be one order.
    """
    orders = []
    for value in values:
        look()
        order = time_order(value)
        if order is None:
            return None
        orders.append(order)
    return orders


def is_before(left: str, right: str) -> bool:
    """Order two texts: as times if both are some, else as texts."""
    a = time_order(left)
    b = time_order(right) if a else None
    return a < b if a and b else left < right


def utc_now() -> datetime:
    """Return the clock's time, cut to the milliseconds that are stored."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _from_text(value: Any) -> Any:
    """Take text and nothing else: a bare number would pass for seconds since 1970."""
    return from_rfc3339(str(value))


def _from_query(value: Any) -> Any:
    if isinstance(value, str) and _BARE_PLUS.search(value):
        raise InvalidValueError('a "+" in a query means a blank: write it %2B')
    return value


Instant = Annotated[
    datetime,
    BeforeValidator(_from_text),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant that a client sends."""

QueryInstant = Annotated[Instant, BeforeValidator(_from_query)]
"""The same in a query, where a `+` means a blank unless it is encoded."""

Timestamp = Annotated[
    AwareDatetime,
    PlainSerializer(to_rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
