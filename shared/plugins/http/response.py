"""The content of an HTTP answer: its body decoded, its headers, when to come again."""

import base64
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from shared.messages import Message
from shared.plugins.http.charsets import decoded
from shared.plugins.sdk.values import BYTE_ORDER_MARK, parse_json

_CHARSET = re.compile(r"""; *charset *= *["']?([^\s"';,]{1,40})""", re.IGNORECASE)
_END_OF_KIND = re.compile("[;,]")
_LONGEST_TYPE = 1000
"""Characters of a `Content-Type` that are looked at."""
_MAX_SECONDS = 366 * 24 * 3600


class Answer(NamedTuple):
    """An answer read to its end; header names in lower case, `content` unpacked if we can.

    `asked` names the request that was answered, the last one when redirects were followed. `pauses`
    is each `Retry-After`, for a date has a comma as well.
    """

    asked: Message
    status: int
    reason: str
    headers: Mapping[str, str]
    cookies: Sequence[str]
    pauses: Sequence[str]
    content: bytes


def parsed_size(content: bytes) -> int:
    """Return about how many bytes JSON takes once it is parsed, rather too many.

    Measured on CPython 3.11 and 3.13: a map 64 bytes, or 184 with an entry; a list 56; a value
    or a name with its place in them some 60 to 100.
    """
    values = content.count(b",") + content.count(b":")
    return len(content) + 200 * content.count(b"{") + 64 * content.count(b"[") + 64 * values


def body_of(
    content: bytes,
    content_type: str | None,
    reserve: Callable[[int], None] = lambda _size: None,
    *,
    is_packed: bool = False,
) -> tuple[Any, str]:
    """Return the body and how it is given: `json`, `text` or `base64`."""
    if is_packed and content:
        return base64.b64encode(content).decode(), "base64"
    written = (content_type or "")[:_LONGEST_TYPE]
    charset = _CHARSET.search(written)
    kind = _END_OF_KIND.split(written, maxsplit=1)[0].strip().lower()
    text = decoded(content, charset[1] if charset else None, is_text=_is_text(kind))
    if text is None:
        return base64.b64encode(content).decode(), "base64"
    if not text.isascii():
        reserve(4 * len(text))  # one character beyond ASCII widens all of them, up to four bytes
    if _may_be_json(kind if content_type else None, text):
        reserve(parsed_size(content))
        try:
            return parse_json(text), "json"
        except ValueError:
            pass
    return text, "text"


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind.endswith(("json", "xml", "javascript", "csv"))


def _may_be_json(kind: str | None, text: str) -> bool:
    if kind is None:
        return text.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(("{", "["))
    return kind == "application/json" or kind.endswith("+json")


def shown_headers(answer: Answer) -> dict[str, Any]:
    """Return the headers for outputs: several cookies as a list, for no sign could join them."""
    headers: dict[str, Any] = dict(answer.headers)
    if len(answer.cookies) > 1:
        headers["set-cookie"] = list(answer.cookies)
    return headers


def retry_after(written: Sequence[str], now: datetime) -> float | None:
    """Return the seconds `Retry-After` asks for, the most if it is there several times.

    Each is a number or a date; None if there is none that can be read.
    """
    found = (_seconds_until(each, now) for each in written)
    return max((seconds for seconds in found if seconds is not None), default=None)


def _seconds_until(written: str, now: datetime) -> float | None:
    if written.isascii() and written.isdigit():
        return float(written) if len(written) < 9 else float(_MAX_SECONDS)
    try:
        at = parsedate_to_datetime(written)
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
    return float(min(max(math.ceil(seconds.total_seconds()), 0), _MAX_SECONDS))
