"""Errors of Python's libraries are told in our words, whatever is wrong."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from shared.library_words import in_our_words


def _csv(text: str) -> Any:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def _query(text: str) -> Any:
    return parse_qsl(text, max_num_fields=1)


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (json.loads, "", "a value is missing"),
        (json.loads, "{a: 1}", "a name in double quotes is missing"),
        (json.loads, '{"a" 1}', 'a ":" is missing'),
        (json.loads, '{"a": 1 "b": 2}', 'a "," or a closing bracket is missing'),
        (json.loads, "[1", 'a "," or a closing bracket is missing'),
        (json.loads, "1 2", "something follows the value"),
        (json.loads, '"a', "a text is not closed"),
        (json.loads, '"a\tb"', "a text holds a control character"),
        (json.loads, r'"\u12"', 'a "\\u" has no four hexadecimal digits'),
        (json.loads, r'"\x"', 'a "\\" has no meaning in a text'),
        (_csv, '"a', "a quoted field is not closed"),
        (_csv, '"a"b', "something follows the closing quote of a field"),
        (urlsplit, "http://[::1", "the brackets of an IPv6 address do not match, or hold none"),
        (lambda text: urlsplit(text).port, "http://a:99999", "the port is not from 0 to 65535"),
        (lambda text: urlsplit(text).port, "http://a:b", "the port is no number"),
        (
            lambda text: parse_qsl(text, max_num_fields=1),
            "a&b",
            "the query has too many parameters",
        ),
        (urlsplit, "http://a\u2100b", "the host holds characters that are not those of a host"),
        (int, "x", "it is malformed"),
    ],
)
def test_an_error_is_told_in_our_words(
    read: Callable[[str], Any], text: str, sentence: str
) -> None:
    with pytest.raises((ValueError, csv.Error)) as raised:
        read(text)

    assert in_our_words(raised.value) == sentence
