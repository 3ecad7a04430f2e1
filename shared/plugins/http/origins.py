"""The origin of a URL, and the name of a request in messages, without its query and its user."""

import httpx

from shared.messages import Message


def origin(url: httpx.URL) -> str:
    """Return scheme, host and, unless it is the scheme's own, port."""
    if not url.host:
        return "a URL without a host"
    default = {"http": 80, "https": 443}.get(url.scheme)
    port = f":{url.port}" if url.port not in (None, default) else ""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}{port}"


def named(request: httpx.Request) -> Message:
    """Return method, origin and path; queries and users may be secret, a path is masked."""
    if not request.url.host:
        return Message("{method} {origin}", method=request.method, origin=origin(request.url))
    path = request.url.raw_path.partition(b"?")[0].decode("ascii")
    return Message(
        "{method} {origin}{path}", method=request.method, origin=origin(request.url), path=path
    )
