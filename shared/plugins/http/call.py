"""The request of `http.request`, made from its properties; nothing is sent here."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlunsplit

from shared.messages import InvalidValueError, Message
from shared.plugins.sdk.urls import split_url
from shared.plugins.sdk.values import compact, invalid, text

Headers = tuple[tuple[bytes, bytes], ...]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OURS = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "connection", "keep-alive"),
        *("te", "trailer", "upgrade", "expect", "proxy-connection", "proxy-authorization"),
    }
)
DEFAULT_HEADERS: Mapping[str, str] = {
    "accept": "*/*",
    "accept-encoding": "gzip, deflate",
    "user-agent": "headrace",
}
_REPEATABLE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Call:
    """A request in full; a redirect makes another."""

    method: str
    url: str
    headers: Headers
    content: bytes | None
    follows_redirects: bool


def call_of(properties: Mapping[str, Any], idempotency_key: str) -> Call:
    """Read properties that have passed the manifest's schema; PluginError `invalid_value`."""
    method = properties.get("method", "GET")
    content, content_type = _content(properties)
    defaults = {
        **DEFAULT_HEADERS,
        "content-type": content_type,
        "idempotency-key": idempotency_key if method in _REPEATABLE else None,
    }
    own = dict(_own_headers(properties.get("headers", {})))
    authorization = {"authorization": _authorization(properties.get("auth"))}
    headers = defaults | own | {name: each for name, each in authorization.items() if each}
    return Call(
        method=method,
        url=_url(properties["url"], properties.get("query", {})),
        headers=tuple(
            (name.encode(), _bytes(each)) for name, each in headers.items() if each is not None
        ),
        content=content,
        follows_redirects=properties.get("followRedirects", True),
    )


def _own_headers(written: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    seen = set[str]()
    for name, value in written.items():
        if not _NAME.fullmatch(name):
            raise invalid(Message('"{name:100}" is no name of a header', name=name))
        if name.lower() in seen:
            raise invalid(Message("header {name} is given twice", name=name))
        seen.add(name.lower())
        if name.lower() in _OURS:
            raise invalid(Message("header {name} is set by the platform", name=name))
        if value is not None and _CONTROL.search(text(value)):
            sentence = "header {name} has a line break or another control character in it"
            raise invalid(Message(sentence, name=name))
        yield name.lower(), None if value is None else text(value).strip()


def _authorization(auth: Mapping[str, Any] | None) -> str | None:
    if auth is None:
        return None
    if auth["type"] == "bearer":
        token = auth["token"].strip()
        if _CONTROL.search(token):
            raise invalid("auth.token has a line break or another control character in it")
        return f"Bearer {token}"
    if ":" in auth["username"]:
        raise invalid("auth.username must not have a colon in it")
    pair = f"{auth['username']}:{auth['password']}"
    return f"Basic {base64.b64encode(_bytes(pair)).decode()}"


def _content(properties: Mapping[str, Any]) -> tuple[bytes | None, str | None]:
    body, form = properties.get("body"), properties.get("form")
    if body is not None and form is not None:
        raise invalid("body and form exclude each other")
    if form is not None:
        return urlencode(list(_pairs(form))).encode(), "application/x-www-form-urlencoded"
    if body is None:
        return None, None
    if isinstance(body, str):
        return _bytes(body), None
    return _bytes(compact(body)), "application/json"


def _url(url: str, query: Mapping[str, Any]) -> str:
    added = urlencode(list(_pairs(query)))
    try:
        parts = split_url(url)
    except InvalidValueError as error:
        raise invalid(Message("url is malformed: {why}", why=error.message)) from None
    except ValueError:
        raise invalid("url is malformed") from None
    if not added:
        return url
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def _pairs(values: Mapping[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """Yield names and values; a list gives its name several times, null leaves it out."""
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield _bytes(name), _bytes(text(each))


def _bytes(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise invalid("a text holds half of a surrogate pair, which has no bytes") from None
