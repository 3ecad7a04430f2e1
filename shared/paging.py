"""Pages of a list, and the opaque cursor of the next one."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.errors import InvalidCursorError

Item = TypeVar("Item")


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


def decode_cursor(cursor: str, query: str) -> str:
    """Give the position back; raises InvalidCursorError for what this query did not make."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        position = content["p"]
        is_ours = isinstance(position, str) and encode_cursor(position, query) == cursor
    except (ValueError, KeyError, TypeError, RecursionError):
        is_ours = False
    if not is_ours:
        raise InvalidCursorError("the cursor does not belong to this list and its filters")
    return str(position)


def _digest(position: str, query: str) -> str:
    return hashlib.sha256(f"{position}\n{query}".encode()).hexdigest()[:24]
