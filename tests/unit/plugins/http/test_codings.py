"""How content codings are undone, and when they are left alone."""

import gzip
import zlib
from collections.abc import Iterator

import pytest

from shared.plugins.http.codings import MAX_BODY, is_packed, limited, unpacked
from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal

TEXT = b"the channel that brings water " * 50


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)  # the time would give every worker another test name


AFTER = (bytes(4), b"\0", b"\r\n", b"trailing", b"\x1f", b"\0\0\x1f", b"\x1f\x00")


def in_pieces(content: bytes, size: int = 7) -> Iterator[bytes]:
    yield b""
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT, ""),
        (TEXT, "identity"),
        (gzipped(TEXT), "gzip"),
        (gzipped(TEXT), " X-GZIP "),
        (gzipped(TEXT[:100]) + gzipped(TEXT[100:]), "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (zlib.compress(TEXT, 1), "Deflate"),
        (raw_deflate(TEXT), "deflate"),
        (gzipped(TEXT), "deflate"),
        (zlib.compress(TEXT), "gzip"),
        (gzipped(gzipped(TEXT)), "gzip, gzip"),
        (gzipped(zlib.compress(TEXT)), "deflate,,identity, gzip"),
        (gzipped(TEXT), "utf-8, gzip"),
        (gzipped(TEXT), "gzip, none"),
        *((TEXT, word) for word in ("utf-8", "none", "UTF8", "json", "binary", "8bit", "*", ",")),
    ],
)
def test_packed_answers_are_unpacked(content: bytes, encoding: str) -> None:
    assert unpacked(in_pieces(content), encoding) == TEXT
    assert unpacked([content], encoding) == TEXT


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        *((gzipped(TEXT) + after, "gzip") for after in AFTER),
        (gzipped(TEXT[:100]) + b"\0" * 600 + gzipped(TEXT[100:]) + b"\0" * 9, "gzip"),
        (zlib.compress(TEXT) + b"\0\0", "deflate"),
        (zlib.compress(TEXT) + b"more", "deflate"),
        (raw_deflate(TEXT) + b"more", "deflate"),
    ],
)
def test_what_follows_the_last_member_is_ignored(content: bytes, encoding: str) -> None:
    assert unpacked(in_pieces(content), encoding) == TEXT
    assert unpacked(in_pieces(content, 1), encoding) == TEXT
    assert unpacked([content], encoding) == TEXT


def test_many_members_are_one_content() -> None:
    members = b"".join(gzipped(TEXT[at : at + 1]) for at in range(len(TEXT)))

    assert unpacked([members + bytes(20_000)], "gzip") == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip", "br", "utf-8"])
def test_an_empty_answer_may_claim_to_be_packed(encoding: str) -> None:
    assert unpacked([], encoding) == b""


@pytest.mark.parametrize(
    ("encoding", "content", "expected"),
    [
        ("br", TEXT, TEXT),
        ("zstd", TEXT, TEXT),
        ("br, gzip", gzipped(TEXT), TEXT),
        ("gzip, br", gzipped(TEXT), gzipped(TEXT)),
        ("gzip," * 6, TEXT, TEXT),
        ("gzip," * 10_000, TEXT, TEXT),
    ],
)
def test_what_we_cannot_undo_stays_packed(encoding: str, content: bytes, expected: bytes) -> None:
    assert is_packed(encoding)
    assert unpacked(in_pieces(content), encoding) == expected


@pytest.mark.parametrize("encoding", ["", "identity", "utf-8", "gzip", "deflate, x-gzip", "none"])
def test_what_we_undo_or_is_no_coding_is_not_packed_after_it(encoding: str) -> None:
    assert not is_packed(encoding)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"plain", "gzip"),
        (gzipped(TEXT)[:-10], "gzip"),
        (gzipped(TEXT) + gzipped(TEXT)[:-10], "gzip"),
        (gzipped(TEXT) + b"\x1f\x8bno member", "gzip"),
        (gzipped(TEXT), "gzip, gzip"),
        (TEXT, "deflate"),
    ],
)
def test_answers_that_cannot_be_unpacked_are_refused(content: bytes, encoding: str) -> None:
    with pytest.raises(PluginError) as refused:
        unpacked(in_pieces(content), encoding)

    assert refused.value.code == "invalid_answer"


def test_a_bomb_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * (MAX_BODY * 4), compresslevel=1)

    with pytest.raises(PluginError) as refused:
        unpacked([bomb], "gzip")

    assert refused.value.code == "answer_too_large"


def test_a_bomb_inside_another_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * (MAX_BODY * 2), compresslevel=1))

    with pytest.raises(PluginError) as refused:
        unpacked([bomb], "gzip, gzip")

    assert refused.value.code == "answer_too_large"


def test_an_endless_answer_is_stopped_at_the_limit() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1_000_000

    with refusal(PluginError, match="larger than 10 MiB"):
        list(limited(endless()))


def test_an_answer_of_exactly_the_limit_passes() -> None:
    assert sum(map(len, limited([b"x" * MAX_BODY]))) == MAX_BODY


def test_bytes_are_reserved_for_what_is_unpacked():
    reserved: list[int] = []

    assert unpacked([gzip.compress(b"x" * 5000)], "gzip", reserved.append) == b"x" * 5000

    assert sum(reserved) == 5000
