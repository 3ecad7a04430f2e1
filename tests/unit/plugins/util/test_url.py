"""Taking URLs apart and putting them together."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.plugins import run_plugin


def test_parse_gives_the_parts() -> None:
    url = "HTTPS://user:secret@Example.com:8443/a%20b?x=1&y=a+b&y=&z=%C3%A9#top"

    assert run_plugin("util.url", {"operation": "parse", "url": url}) == {
        "scheme": "https",
        "host": "example.com",
        "port": 8443,
        "path": "/a%20b",
        "query": {"x": "1", "y": ["a b", ""], "z": "é"},
        "fragment": "top",
    }


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        (
            {
                "scheme": "https",
                "host": "a.b",
                "port": 8,
                "path": "c d/é",
                "query": {"q": "x y", "n": [1, True], "o": None},
                "fragment": "f g",
            },
            "https://a.b:8/c%20d/%C3%A9?q=x+y&n=1&n=true#f%20g",
        ),
        ({"scheme": "http", "host": "::1", "path": "/"}, "http://[::1]/"),
        ({"host": "a.b"}, "//a.b"),
        (
            {"scheme": "http", "host": "a.b", "port": 80.0, "query": {"n": 5.0}},
            "http://a.b:80?n=5",
        ),
        ({"path": "x", "query": {}}, "x"),
        ({"scheme": "mailto", "path": "a@b.c"}, "mailto:a@b.c"),
        ({"path": "/a%20b"}, "/a%20b"),
    ],
)
def test_build(parts: dict[str, Any], url: str) -> None:
    assert run_plugin("util.url", {"operation": "build", "parts": parts}) == {"result": url}


@pytest.mark.parametrize("text", ["a b/c?d&é", "", "100%", "\N{GRINNING FACE}"])
def test_decoding_what_was_encoded_gives_the_text(text: str) -> None:
    encoded = run_plugin("util.url", {"operation": "encode", "url": text})["result"]

    assert encoded.isascii()
    assert not set(encoded) & set(" /?&")
    assert run_plugin("util.url", {"operation": "decode", "url": encoded}) == {"result": text}


@pytest.mark.parametrize(
    "properties",
    [
        {"operation": "parse"},
        {"operation": "build"},
        {"operation": "parse", "url": "http://[::1"},
        {"operation": "parse", "url": "http://a:99999/"},
        {"operation": "parse", "url": "http://a/b\nc"},
        {"operation": "parse", "url": "http://a/b\t"},
        {"operation": "parse", "url": " http://a/"},
        {"operation": "parse", "url": "http://a/ "},
        {"operation": "parse", "url": "?" + "a=1&" * 20_000},
        {"operation": "build", "parts": {"host": "a/b"}},
        {"operation": "build", "parts": {"host": "user@b"}},
        {"operation": "build", "parts": {"scheme": "a b"}},
        {"operation": "build", "parts": {"port": 70_000}},
        {"operation": "build", "parts": {"user": "a"}},
        {"operation": "decode", "url": "%ff"},
        {"operation": "encode", "url": "\ud800"},
    ],
)
def test_bad_input_is_refused(properties: dict[str, Any]) -> None:
    with pytest.raises(PluginError):
        run_plugin("util.url", properties)


@pytest.mark.parametrize("start", ["http://", "//"])
def test_an_endless_host_is_refused_before_it_is_normalised(start: str) -> None:
    with pytest.raises(PluginError, match="url is malformed"):
        run_plugin("util.url", {"operation": "parse", "url": start + "a\u0300\u0316" * 500_000})
