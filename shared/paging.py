"""Lists in pages: a bound, an opaque cursor, and the link to what comes next."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler.openapi.params import Query

from shared.errors import InvalidCursorError

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=500, description="At most so many items.")]
Cursor = Annotated[
    str | None, Query(description="Where to go on, from the link of the page before.")
]
DEFAULT_LIMIT = 50


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


def next_link(path: str, query: Mapping[str, str], cursor: str) -> str:
    """Write the `Link` header to the next page, with the other query parameters kept."""
    parameters = {**query, "cursor": cursor}
    return f'<{path}?{urlencode(parameters)}>; rel="next"'


def _digest(position: str, query: str) -> str:
    return hashlib.sha256(f"{position}\n{query}".encode()).hexdigest()[:24]
