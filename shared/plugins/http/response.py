"""The content of an HTTP answer: its body unpacked and decoded, its headers, when to come again."""

import base64
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from shared.messages import Message
from shared.plugins.sdk.plugin import PluginError
from shared.plugins.sdk.values import parse_json

MAX_BODY = 10 * 1024 * 1024
"""Bytes of an answer, before and after it is unpacked."""

_CHARSET = re.compile(r"""; *charset *= *["']?([^\s"';,]{1,40})""", re.IGNORECASE)
_LONGEST_TYPE = 1000
"""Characters of a `Content-Type` that are looked at."""
_MAX_SECONDS = 366 * 24 * 3600
_CHARSETS = frozenset(
    [
        *("utf-8", "utf8", "us-ascii", "ascii", "latin-1", "latin1", "koi8-r", "koi8-u"),
        *("utf-16", "utf-16le", "utf-16be", "shift_jis", "euc-jp", "gb2312", "gbk", "gb18030"),
        *("big5", "euc-kr"),
        *(f"iso-8859-{part}" for part in range(1, 17) if part != 12),
        *(f"windows-{page}" for page in range(1250, 1259)),
    ]
)
"""Decoders that take linear time; a stranger may name any other in its answer."""


class Answer(NamedTuple):
    """An answer read to its end; header names in lower case, `content` unpacked."""

    status: int
    reason: str
    headers: Mapping[str, str]
    content: bytes


def limited(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass chunks on until they are more than an answer may hold; PluginError then."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_BODY:
            raise PluginError(
                f"the answer is larger than {MAX_BODY // 1024 // 1024} MiB",
                code="answer_too_large",
            )
        yield chunk


def reserved(chunks: Iterable[bytes], reserve: Callable[[int], None]) -> Iterator[bytes]:
    """Pass chunks on, each once its bytes may be taken."""
    for chunk in chunks:
        reserve(len(chunk))
        yield chunk


def unpacked(
    chunks: Iterable[bytes], encoding: str, reserve: Callable[[int], None] = lambda _size: None
) -> bytes:
    """Undo `Content-Encoding`, a bounded piece at a time, so that a bomb stays small.

    Bytes are reserved for what comes out; those that come in are the caller's to reserve.
    """
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return b"".join(chunks)
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        sentence = 'the answer is packed as "{encoding:40}", which was not asked for'
        raise _invalid(Message(sentence, encoding=encoding))
    pieces = limited(_inflated(chunks, is_deflate=encoding == "deflate"))
    return b"".join(reserved(pieces, reserve))


def _inflated(chunks: Iterable[bytes], *, is_deflate: bool) -> Iterator[bytes]:
    unpack, is_first = zlib.decompressobj(zlib.MAX_WBITS | 32), True
    for chunk in chunks:
        waiting = chunk
        if is_deflate and is_first and chunk and not _has_zlib_header(chunk):
            unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        is_first = is_first and not chunk
        while waiting:
            if unpack.eof:  # gzip may have several members
                unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
            try:
                yield unpack.decompress(waiting, MAX_BODY)
            except zlib.error:
                raise _invalid("the answer is not packed as it says") from None
            waiting = unpack.unconsumed_tail or unpack.unused_data
    if not (unpack.eof or is_first):
        raise _invalid("the answer ends before it is unpacked")


def _has_zlib_header(chunk: bytes) -> bool:
    """Tell whether data has zlib's header (8 in the low half byte): some servers send none."""
    return chunk[0] & 0x0F == zlib.DEFLATED


def _invalid(message: Message | str) -> PluginError:
    return PluginError(message, code="invalid_answer")


def parsed_size(content: bytes) -> int:
    """Return about how many bytes JSON takes once it is parsed, rather too many.

    Measured on CPython 3.11 and 3.13: a map 64 bytes, or 184 with an entry; a list 56; a value
    or a name with its place in them some 60 to 100.
    """
    values = content.count(b",") + content.count(b":")
    return len(content) + 200 * content.count(b"{") + 64 * content.count(b"[") + 64 * values


def body_of(
    content: bytes, content_type: str | None, reserve: Callable[[int], None] = lambda _size: None
) -> tuple[Any, str]:
    """Return the body and how it is given: `json`, `text` or `base64`."""
    written = (content_type or "")[:_LONGEST_TYPE]
    charset = _CHARSET.search(written)
    text = _text(content, charset[1].lower() if charset else "utf-8")
    if text is None:
        return base64.b64encode(content).decode(), "base64"
    if not text.isascii():
        reserve(4 * len(text))  # one character beyond ASCII widens all of them, up to four bytes
    kind = written.partition(";")[0].strip().lower()
    if _may_be_json(kind if content_type else None, text):
        reserve(parsed_size(content))
        try:
            return parse_json(text.removeprefix("\ufeff")), "json"
        except ValueError:
            pass
    return text, "text"


def _text(content: bytes, charset: str) -> str | None:
    try:
        return content.decode(charset if charset in _CHARSETS else "utf-8")
    except UnicodeDecodeError:
        return None


def _may_be_json(kind: str | None, text: str) -> bool:
    if kind is None:
        return text.lstrip().startswith(("{", "["))
    return kind == "application/json" or kind.endswith("+json")


def retry_after(written: str | None, now: datetime) -> float | None:
    """Return the seconds `Retry-After` asks for, a number or a date; None if unreadable."""
    if written is None:
        return None
    if written.isascii() and written.isdigit():
        return float(written) if len(written) < 9 else float(_MAX_SECONDS)
    try:
        at = parsedate_to_datetime(written)
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
    return float(min(max(math.ceil(seconds.total_seconds()), 0), _MAX_SECONDS))
