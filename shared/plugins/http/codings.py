"""Content codings of HTTP answers, undone a bounded piece at a time, so that a bomb stays small."""

import zlib
from collections.abc import Callable, Iterable, Iterator

from shared.plugins.sdk.plugin import PluginError

MAX_BODY = 10 * 1024 * 1024
"""Bytes of an answer, before and after it is unpacked."""

MAX_CODINGS = 5
"""The codings of one answer that are undone."""

_OURS = frozenset({"gzip", "x-gzip", "deflate"})
_FOREIGN = frozenset(
    {
        *("br", "zstd", "compress", "x-compress", "dcb", "dcz", "exi", "pack200-gzip"),
        *("aes128gcm", "lzma", "xz", "bzip2", "x-bzip2", "snappy", "lz4"),
    }
)
"""The codings that are registered, and some that are not; any other word packs nothing."""

_GZIP = b"\x1f\x8b"
_ANY_HEADER = zlib.MAX_WBITS | 32
_PIECE = 8 * 1024
"""Bytes that are unpacked at once: what follows a member of gzip is copied."""


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
    """Undo `Content-Encoding`, the last coding first, up to one that we cannot undo.

    Bytes are reserved for what comes out; those that come in are the caller's to reserve.
    """
    for coding in _undone(encoding):
        pieces = _inflated(_split(chunks), is_deflate=coding == "deflate")
        chunks = reserved(limited(pieces), reserve)
    return b"".join(chunks)


def is_packed(encoding: str) -> bool:
    """Tell whether an answer is still packed when all that we can undo is undone."""
    codings = _codings(encoding)
    return len(codings) > MAX_CODINGS or not _FOREIGN.isdisjoint(codings)


def _codings(encoding: str) -> list[str]:
    words = [word.strip().lower() for word in reversed(encoding.split(","))]
    return [word for word in words if word in _OURS or word in _FOREIGN]


def _undone(encoding: str) -> Iterator[str]:
    codings = _codings(encoding)
    for coding in codings if len(codings) <= MAX_CODINGS else ():
        if coding in _FOREIGN:
            return
        yield coding


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            yield chunk[start : start + _PIECE]


def _inflated(pieces: Iterable[bytes], *, is_deflate: bool) -> Iterator[bytes]:
    """Unpack gzip, zlib or, for some servers mean it by deflate, what has no header.

    What follows the last member of gzip is none of the content; zeros may stand between members.
    """
    unpack, waiting = None, b""
    for piece in pieces:
        waiting += piece
        unpack = unpack or _first(waiting, is_deflate=is_deflate)
        while waiting:
            if unpack.eof:
                waiting = waiting.lstrip(b"\0")
                if waiting[: len(_GZIP)] != _GZIP[: len(waiting)]:
                    return
                if len(waiting) < len(_GZIP):
                    break
                unpack = zlib.decompressobj(_ANY_HEADER)
            yield _decompressed(unpack, waiting)
            waiting = unpack.unconsumed_tail or unpack.unused_data
    if unpack and not unpack.eof:
        raise _invalid("the answer ends before it is unpacked")


def _first(content: bytes, *, is_deflate: bool) -> "zlib._Decompress":
    has_header = content[0] & 0x0F == zlib.DEFLATED or content[0] == _GZIP[0]
    return zlib.decompressobj(-zlib.MAX_WBITS if is_deflate and not has_header else _ANY_HEADER)


def _decompressed(unpack: "zlib._Decompress", content: bytes) -> bytes:
    try:
        return unpack.decompress(content, MAX_BODY)
    except zlib.error:
        raise _invalid("the answer is not packed as it says") from None


def _invalid(message: str) -> PluginError:
    return PluginError(message, code="invalid_answer")
