"""How answers are decoded and shown, and what Retry-After means."""

import base64
import json
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.messages import Message
from shared.plugins.http.response import Answer, body_of, parsed_size, retry_after, shown_headers

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


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
        (b'\xef\xbb\xbf{"a": 1}', None, {"a": 1}, "json"),
        (b"\xef\xbb\xbf [1]", "application/vnd.api+json; charset=latin1", [1], "json"),
        (b"\xef\xbb\xbfa,b", "text/csv", "\ufeffa,b", "text"),
        ('{"a": "é"}'.encode("utf-16"), "application/json", {"a": "é"}, "json"),
        (b"\xff\xfea\x00", "application/octet-stream", "//5hAA==", "base64"),
        (b"\xff\xfea\x00", None, "//5hAA==", "base64"),
        ('{"a": "é"}'.encode("latin-1"), "application/json;charset=ISO8859-1", {"a": "é"}, "json"),
        (b'{"a": 1}', "application/json, application/json", {"a": 1}, "json"),
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


@pytest.mark.parametrize("content", [b"\x0b\x02\x80{}\x03", b"{}", b"text"])
def test_what_is_still_packed_is_given_as_bytes(content: bytes):
    body, kind = body_of(content, "application/json", is_packed=True)

    assert kind == "base64"
    assert base64.b64decode(body) == content


def test_an_answer_without_a_body_is_empty_text_whatever_packed_it():
    assert body_of(b"", "application/json", is_packed=True) == ("", "text")


_DATED = "a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT"


@pytest.mark.parametrize(
    ("cookies", "shown"),
    [
        ([_DATED], {"set-cookie": _DATED}),
        ([_DATED, "b=2"], {"set-cookie": [_DATED, "b=2"]}),
        (["a=1", "a=1"], {"set-cookie": ["a=1", "a=1"]}),
        (["a=1", ""], {"set-cookie": ["a=1", ""]}),
        (["a=1", "b=2", "c=3"], {"set-cookie": ["a=1", "b=2", "c=3"]}),
    ],
)
def test_several_cookies_are_a_list_and_one_is_text(cookies: list[str], shown: dict[str, Any]):
    headers = {"vary": "Accept, Origin", "set-cookie": ", ".join(cookies)}

    answer = Answer(Message("GET"), 200, "OK", headers, cookies, (), b"")

    assert shown_headers(answer) == {"vary": "Accept, Origin"} | shown


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
    assert retry_after(() if written is None else (written,), NOW) == seconds


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (("5", "5"), 5.0),
        (("5", "120"), 120.0),
        (("120", "5"), 120.0),
        (("soon", "5"), 5.0),
        (("Wed, 02 Jan 2030 03:05:05 GMT", "30"), 60.0),
        (("soon", "later"), None),
    ],
)
def test_of_several_the_longest_wait_is_asked_for(
    written: tuple[str, ...], seconds: float | None
) -> None:
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
