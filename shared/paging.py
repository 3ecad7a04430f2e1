"""Pages of a list, and the opaque cursor of the next one."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.errors import InvalidCursorError
from shared.ids import is_id

Item = TypeVar("Item")

_MOST_DIGITS = 9


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items; `next` is the cursor of the page behind them, None at the end."""

    items: tuple[Item, ...]
    next: str | None = None


def encode_cursor(position: str, query: str) -> str:
    """Make the cursor that goes on behind `position`.

    `query` names tenant, list and filters: the cursor is refused everywhere else. It carries no
    partition key, so that no forgery can reach into another tenant's.
    """
    text = json.dumps({"p": position, "q": _digest(position, query)}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_id(cursor: str, query: str) -> str:
    """Give back the id that a page ended with; InvalidCursorError for what is none of ours."""
    position = _decoded(cursor, query)
    if not is_id(position):
        raise foreign_cursor()
    return position


def decode_count(cursor: str, query: str) -> int:
    """Give back how many items were shown; InvalidCursorError for what is none of ours."""
    position = _decoded(cursor, query)
    if not (position.isascii() and position.isdecimal() and len(position) <= _MOST_DIGITS):
        raise foreign_cursor()
    return int(position)


def decode_name(cursor: str, query: str, is_name: Callable[[str], bool]) -> str:
    """Give back the name that a page ended with; InvalidCursorError for what is none of ours.

    `is_name` tells whether a text may be a name of this list.
    """
    position = _decoded(cursor, query)
    if not is_name(position):
        raise foreign_cursor()
    return position


def foreign_cursor() -> InvalidCursorError:
    """Return the error for a cursor that this list with these filters did not make."""
    return InvalidCursorError("the cursor does not belong to this list and its filters")


def _decoded(cursor: str, query: str) -> str:
    """Check a cursor; whoever knows how, can forge one, so its position is checked as well."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        position = content["p"]
        is_ours = isinstance(position, str) and encode_cursor(position, query) == cursor
    except (ValueError, KeyError, TypeError, RecursionError):
        is_ours = False
    if not is_ours:
        raise foreign_cursor()
    return str(position)


def _digest(position: str, query: str) -> str:
    return hashlib.sha256(f"{position}\n{query}".encode()).hexdigest()[:24]
