"""What http.request would send for given properties."""

from typing import Any

import pytest

from shared.plugins.http.call import Call, call_of
from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal


def call(**properties: Any) -> Call:
    return call_of({"url": "https://example.com/a", **properties}, "the-key")


def headers(made: Call) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in made.headers}


def test_a_get_needs_a_url_only() -> None:
    made = call()

    assert (made.method, made.url, made.content) == ("GET", "https://example.com/a", None)
    assert made.follows_redirects is True
    assert headers(made) == {
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
        "user-agent": "headrace",
    }


@pytest.mark.parametrize(
    ("url", "query", "whole"),
    [
        ("https://a.b/p", {"q": "x y&z", "n": 5, "t": True}, "https://a.b/p?q=x+y%26z&n=5&t=true"),
        ("https://a.b/p?a=1#f", {"b": ["x", "y"]}, "https://a.b/p?a=1&b=x&b=y#f"),
        ("https://a.b/p?a=1", {"b": None, "c": []}, "https://a.b/p?a=1"),
        (
            "https://a.b",
            {"n": 5.0, "m": [1e3, 0.5, 1e16]},
            "https://a.b?n=5&m=1000&m=0.5&m=1e%2B16",
        ),
        ("https://a.b", {"é": "ü"}, "https://a.b?%C3%A9=%C3%BC"),
    ],
)
def test_query_is_added_to_the_url(url: str, query: dict[str, Any], whole: str) -> None:
    assert call(url=url, query=query).url == whole


@pytest.mark.parametrize(
    ("properties", "content", "content_type"),
    [
        ({"body": {"a": [1, None]}}, b'{"a":[1,null]}', "application/json"),
        ({"body": ["é"]}, '["é"]'.encode(), "application/json"),
        ({"body": 5}, b"5", "application/json"),
        ({"body": False}, b"false", "application/json"),
        (
            {"body": {"page": 5.0, "at": [1.5, -0.0]}},
            b'{"page":5,"at":[1.5,0]}',
            "application/json",
        ),
        ({"form": {"page": 5.0}}, b"page=5", "application/x-www-form-urlencoded"),
        ({"body": "as is"}, b"as is", None),
        ({"body": ""}, b"", None),
        ({"body": None}, None, None),
        (
            {"form": {"a": "x y", "b": [1, 2], "c": None}},
            b"a=x+y&b=1&b=2",
            "application/x-www-form-urlencoded",
        ),
        ({"form": {}}, b"", "application/x-www-form-urlencoded"),
        (
            {"body": {}, "headers": {"Content-Type": "application/merge-patch+json"}},
            b"{}",
            "application/merge-patch+json",
        ),
    ],
)
def test_bodies(
    properties: dict[str, Any], content: bytes | None, content_type: str | None
) -> None:
    made = call(method="POST", **properties)

    assert made.content == content
    assert headers(made).get("content-type") == content_type


@pytest.mark.parametrize(
    ("auth", "value"),
    [
        (
            {"type": "basic", "username": "Aladdin", "password": "open sesame"},
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        ),
        ({"type": "basic", "username": "", "password": "a:b"}, "Basic OmE6Yg=="),
        ({"type": "bearer", "token": " abc\n"}, "Bearer abc"),
    ],
)
def test_auth_makes_the_authorization_header(auth: dict[str, Any], value: str) -> None:
    made = call(auth=auth, headers={"authorization": "mine"})

    assert headers(made)["authorization"] == value


def test_headers_are_text_and_may_remove_defaults() -> None:
    made = call(
        method="PUT", headers={"X-N": 5, "X-F": 5.0, "X-B": True, "Accept": None, "X-E": "é"}
    )

    assert headers(made)["x-n"] == headers(made)["x-f"] == "5"
    assert headers(made)["x-b"] == "true"
    assert headers(made)["x-e"] == "é"
    assert "accept" not in headers(made)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_changes_something_carries_the_idempotency_key(method: str) -> None:
    assert headers(call(method=method))["idempotency-key"] == "the-key"


def test_the_flow_decides_over_the_idempotency_key() -> None:
    own = call(method="POST", headers={"Idempotency-Key": "mine"})
    none = call(method="POST", headers={"idempotency-key": None})

    assert headers(own)["idempotency-key"] == "mine"
    assert "idempotency-key" not in headers(none)
    assert "idempotency-key" not in headers(call(method="GET"))


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"headers": {"X Y": "1"}}, '"X Y" is no name of a header'),
        ({"headers": {"": "1"}}, "is no name of a header"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "header X-A has a line break"),
        ({"headers": {"Host": "a"}}, "header Host is set by the platform"),
        ({"headers": {"Content-Length": 5}}, "header Content-Length is set"),
        ({"headers": {"transfer-encoding": "chunked"}}, "is set by the platform"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, "header x-a is given twice"),
        ({"headers": {"Accept": None, "ACCEPT": "text/csv"}}, "header ACCEPT is given twice"),
        ({"headers": {"X-A": "\ud800"}}, "half of a surrogate pair"),
        ({"auth": {"type": "bearer", "token": "a\r\nb"}}, "auth.token has a line break"),
        ({"auth": {"type": "basic", "username": "a:b", "password": ""}}, "colon"),
        ({"body": "a", "form": {}}, "body and form exclude each other"),
        ({"url": "http://[::1", "query": {"a": 1}}, "url is malformed"),
        ({"url": "http://a/b\n", "query": {"a": 1}}, "it has a tab or a line break in it"),
        ({"url": "http://a/b\n"}, "it has a tab or a line break in it"),
        ({"url": "http://a/\tb", "query": {"a": 1}}, "it has a tab or a line break in it"),
        ({"url": " http://a/", "query": {"a": 1}}, "it begins or ends with a space"),
        ({"url": "http://a/b "}, "it begins or ends with a space"),
        ({"url": " http://a/"}, "it begins or ends with a space"),
        ({"query": {"a": "\ud800"}}, "half of a surrogate pair"),
    ],
)
def test_what_cannot_be_sent_is_refused(properties: dict[str, Any], message: str) -> None:
    with refusal(PluginError, match=message) as refused:
        call(**properties)

    assert refused.value.code == "invalid_value"
