"""What the test server of the language answers: as the path of the request asks.

`/503?then=200` fails once, `/429?after=2` says when to return, `/302?to=/echo` sends elsewhere,
`/echo/cookie` tells what was asked, and of the headers this one; the others are odd answers.
"""

import gzip
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.servers import Server, answering

_JSON = "content-type: application/json"
_COOKIES = "set-cookie: a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT\nset-cookie: b=2; Path=/"
_ODD: Mapping[str, tuple[str, bytes]] = {
    "/coding/utf-8": (f"{_JSON}\ncontent-encoding: utf-8", b'{"a":1}'),
    "/coding/none": (f"{_JSON}\ncontent-encoding: none", b'{"a":1}'),
    "/coding/gzip-and-zeros": (
        f"{_JSON}\ncontent-encoding: gzip",
        gzip.compress(b'{"a":"gz"}') + bytes(4),
    ),
    "/charset/iso8859-1": (f"{_JSON}; charset=iso8859-1", '{"v":"café"}'.encode("latin-1")),
    "/cookies": (f"{_JSON}\n{_COOKIES}", b"{}"),
}


def asked(server: Server, path: str) -> int:
    """How often this path, query and all, was asked for."""
    return sum(each.split(b" ", 2)[1].decode() == path for each in server.requests)


def as_asked(connection: Any, request: bytes, server: Server) -> None:
    head, body = _answer(request, server)
    answering(head, body)(connection, request, server)


def _answer(request: bytes, server: Server) -> tuple[str, bytes]:
    path = urlsplit(_target(request)).path
    if path in _ODD:
        lines, body = _ODD[path]
        return f"HTTP/1.1 200 Odd\n{lines}", body
    if path.startswith("/echo"):
        return f"HTTP/1.1 200 Echo\n{_JSON}", _echo(request, path.removeprefix("/echo").strip("/"))
    return _status(request, server), b'{"said": true}'


def _echo(request: bytes, header: str) -> bytes:
    lines = [line.partition(":") for line in request.decode("latin-1").split("\r\n")[1:]]
    headers = [[name.lower(), value.strip()] for name, _, value in lines if name.lower() == header]
    method = request.split(b" ", 1)[0].decode()
    return json.dumps({"method": method, "path": _target(request), "headers": headers}).encode()


def _status(request: bytes, server: Server) -> str:
    target = _target(request)
    path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
    status = path.strip("/").partition("/")[0]
    if "then" in query and asked(server, target) > int(query.get("times", ["1"])[0]):
        status = query["then"][0]
    if status == "late":
        server.stopping.wait(8)
    lines = [f"HTTP/1.1 {status if status.isdecimal() else 200} Said", _JSON]
    lines += [f"retry-after: {after}" for after in query.get("after", [])]
    return "\n".join(lines + [f"location: {to}" for to in query.get("to", [])])


def _target(request: bytes) -> str:
    return request.split(b" ", 2)[1].decode()
