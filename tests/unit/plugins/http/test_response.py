"""How answers are unpacked and decoded, and what Retry-After means."""

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.plugins.http.response import (
    MAX_BODY,
    body_of,
    limited,
    parsed_size,
    retry_after,
    unpacked,
)
from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
TEXT = b"the channel that brings water " * 50


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)  # the time would give every worker another test name


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
        (raw_deflate(TEXT), "deflate"),
    ],
)
def test_packed_answers_are_unpacked(content: bytes, encoding: str) -> None:
    assert unpacked(in_pieces(content), encoding) == TEXT
    assert unpacked([content], encoding) == TEXT


def test_an_empty_answer_may_claim_to_be_packed() -> None:
    assert unpacked([], "gzip") == b""


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"plain", "gzip"),
        (gzipped(TEXT)[:-10], "gzip"),
        (TEXT, "br"),
        (gzipped(gzipped(TEXT)), "gzip, gzip"),
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


def test_an_endless_answer_is_stopped_at_the_limit() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1_000_000

    with refusal(PluginError, match="larger than 10 MiB"):
        list(limited(endless()))


def test_an_answer_of_exactly_the_limit_passes() -> None:
    assert sum(map(len, limited([b"x" * MAX_BODY]))) == MAX_BODY


@pytest.mark.parametrize(
    ("content", "content_type", "body", "encoding"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}, "json"),
        (b'\xef\xbb\xbf{"a": 1}', "application/json; charset=utf-8", {"a": 1}, "json"),
        (b"5", "application/json", 5, "json"),
        (b'{"a": 1}', "application/problem+json", {"a": 1}, "json"),
        (b'{"a": 1}', None, {"a": 1}, "json"),
        (b"[1]", None, [1], "json"),
        (b"5", None, "5", "text"),
        (b'{"a": 1}', "text/plain", '{"a": 1}', "text"),
        (b"{broken", "application/json", "{broken", "text"),
        (b"[NaN]", "application/json", "[NaN]", "text"),
        (b"[1e999]", "application/json", "[1e999]", "text"),
        (b'["\\ud800"]', "application/json", '["\\ud800"]', "text"),
        (b'["\\ud83d\\ude00"]', "application/json", ["\N{GRINNING FACE}"], "json"),
        (b"9" * 5_000, "application/json", "9" * 5_000, "text"),
        (b"[" * 5_000, "application/json", "[" * 5_000, "text"),
        (b"[" * 200 + b"]" * 200, "application/json", "[" * 200 + "]" * 200, "text"),
        (b'[{"a":{}}]' * 1, "application/json", [{"a": {}}], "json"),
        (b"[" + b"[]," * 200 + b"{}]", "application/json", [*[[]] * 200, {}], "json"),
        (b"", "application/json", "", "text"),
        (b"", None, "", "text"),
        ("é".encode("latin-1"), "text/html; charset=ISO-8859-1", "é", "text"),
        ("é".encode(), "text/html", "é", "text"),
        ("é".encode(), "text/html; charset=zip", "é", "text"),
        (b"\x89PNG\xff", "image/png", "iVBOR/8=", "base64"),
        (b"\xff", "nonsense;;;charset", "/w==", "base64"),
    ],
)
def test_bodies_are_decoded(
    content: bytes, content_type: str | None, body: Any, encoding: str
) -> None:
    assert body_of(content, content_type) == (body, encoding)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        ("0", 0.0),
        ("Wed, 02 Jan 2030 03:05:05 GMT", 60.0),
        ("Wed, 02 Jan 2030 03:05:05 -0000", 60.0),
        ("Wed, 02 Jan 2030 03:00:00 GMT", 0.0),
        ("9" * 50, 366 * 24 * 3600.0),
        ("Wed, 02 Jan 9999 03:00:00 GMT", 366 * 24 * 3600.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after(written: str | None, seconds: float | None) -> None:
    assert retry_after(written, NOW) == seconds


@pytest.mark.parametrize(
    "item",
    ["{}", "[]", "0", '""', '{"a":1}', "[[]]", '{"a":{"b":[1,"x",null]}}', "1.5", '"abcdef"'],
)
def test_what_json_takes_once_it_is_parsed_is_rather_over_than_underestimated(item: str):
    content = ("[" + ",".join([item] * 100_000) + "]").encode()
    tracemalloc.start()
    try:
        kept = json.loads(content)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept
    assert taken <= parsed_size(content)


def test_bytes_are_reserved_for_a_body_before_it_is_parsed():
    reserved: list[int] = []

    body, kind = body_of(b'{"a": [1, 2]}', "application/json", reserved.append)

    assert (body, kind) == ({"a": [1, 2]}, "json")
    assert reserved == [parsed_size(b'{"a": [1, 2]}')]
    assert body_of(b"plain, text", "text/plain", reserved.append) == ("plain, text", "text")
    assert len(reserved) == 1


def test_bytes_are_reserved_for_what_is_unpacked():
    reserved: list[int] = []

    assert unpacked([gzip.compress(b"x" * 5000)], "gzip", reserved.append) == b"x" * 5000

    assert sum(reserved) == 5000


@pytest.mark.parametrize(
    "written", ['text/plain; x="' + ";" * 90_000, "; charset=" * 9_000, "text/plain" + " " * 90_000]
)
def test_a_content_type_is_looked_at_for_its_first_thousand_characters(written: str):
    assert body_of(b"content", written) == ("content", "text")
    assert body_of("é".encode("latin-1"), written + "; charset=latin1")[1] == "base64"


def test_a_text_beyond_ascii_takes_four_bytes_a_character():
    reserved: list[int] = []

    body_of("zażółć".encode(), "text/plain", reserved.append)
    body_of(b"plain", "text/plain", reserved.append)

    assert reserved == [24]
