"""One HTTP exchange, redirects included; whatever goes wrong in it becomes a PluginError.

Messages name the origin only: paths, queries and addresses may be secret.
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from shared.egress.client import Remaining, pinned_client
from shared.egress.guard import EgressGuard, EgressRefusedError
from shared.messages import Message
from shared.plugins.http.call import DEFAULT_HEADERS, Call
from shared.plugins.http.response import Answer, limited, reserved, unpacked
from shared.plugins.sdk.plugin import PluginError
from shared.plugins.sdk.values import invalid

MAX_REDIRECTS = 5

_OF_THE_CONNECTION = frozenset({"connection", "content-length", "host"})
"""The headers that go to another origin, beside the defaults: any other may be a credential."""


def exchange(
    call: Call,
    guard: EgressGuard,
    remaining: Remaining,
    *,
    tls: ssl.SSLContext | None = None,
    reserve: Callable[[int], None],
) -> Answer:
    """Send `call` and read the answer, all within `remaining`; `reserve` bytes as they come.

    Codes of the PluginError: `egress_refused`, `timeout`, `connection_error`,
    `too_many_redirects`, `redirect_refused`, `answer_too_large`, `invalid_answer`, `invalid_value`.
    """
    with pinned_client(guard, remaining, tls=tls) as client:
        request = _request(client, call)
        for _ in range(MAX_REDIRECTS + 1):
            with _told(request):
                guard.check_url(request.url.scheme, request.url.userinfo, request.url.host)
                response = client.send(request, stream=True, auth=None, follow_redirects=False)
                try:
                    following = response.next_request if call.follows_redirects else None
                    if following is None:
                        return _answer(response, reserve)
                finally:
                    response.close()
            request = _followed(following, request.url)
    raise PluginError(
        Message(f"{{method}} was redirected more than {MAX_REDIRECTS} times", method=call.method),
        code="too_many_redirects",
    )


def _request(client: httpx.Client, call: Call) -> httpx.Request:
    try:
        request = client.build_request(
            call.method, call.url, headers=call.headers, content=call.content
        )
        origin(request.url)  # which decodes the host
    except (httpx.InvalidURL, ValueError):
        raise invalid("url is malformed") from None
    return request


def _answer(response: httpx.Response, reserve: Callable[[int], None]) -> Answer:
    encoding = response.headers.get("content-encoding", "")
    return Answer(
        status=response.status_code,
        reason=response.reason_phrase,
        headers={name.lower(): value for name, value in response.headers.items()},
        content=unpacked(limited(reserved(response.iter_raw(), reserve)), encoding, reserve),
    )


def _followed(request: httpx.Request, came_from: httpx.URL) -> httpx.Request:
    """Return the request that a redirect asks for, without what is not for another origin."""
    try:
        there = origin(request.url)
    except ValueError:
        raise _no_url(request.method, origin(came_from)) from None
    if there == origin(came_from):
        return request
    if came_from.scheme == "https" and request.url.scheme == "http":
        raise _refused_redirect("from https to http")
    if request.headers.get("content-length", "0") != "0":
        raise _refused_redirect("to another origin, which is not given the body")
    for name in set(request.headers) - _OF_THE_CONNECTION:
        del request.headers[name]
    request.headers.update(DEFAULT_HEADERS)
    return request


def _refused_redirect(how: str) -> PluginError:
    sentence = "the request was redirected {how}: with followRedirects false the flow decides"
    return PluginError(Message(sentence, how=Message.of(how)), code="redirect_refused")


def _no_url(method: str, to: str) -> PluginError:
    message = Message("{method} {to} was redirected to no URL", method=method, to=to)
    return PluginError(message, code="invalid_answer")


def origin(url: httpx.URL) -> str:
    """Return scheme, host and, unless it is the scheme's own, port."""
    if not url.host:
        return "a URL without a host"
    default = {"http": 80, "https": 443}.get(url.scheme)
    port = f":{url.port}" if url.port not in (None, default) else ""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}{port}"


@contextmanager
def _told(request: httpx.Request) -> Iterator[None]:
    """Turn what httpx, httpcore and the guard raise into a sentence about this request."""
    what = Message("{method} {origin}", method=request.method, origin=origin(request.url))
    try:
        yield
    except EgressRefusedError as error:
        raise PluginError(
            Message("{what} was refused: {why}", what=what, why=error.message),
            code="egress_refused",
        ) from None
    except httpcore.TimeoutException:
        raise PluginError(
            Message("{what} got no full answer in time", what=what), code="timeout"
        ) from None
    except httpcore.ConnectError as error:
        raise PluginError(
            Message("{what}: {why}", what=what, why=_reason(error)), code="connection_error"
        ) from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
        raise PluginError(
            Message("{what}: the connection broke", what=what), code="connection_error"
        ) from None
    except (httpx.RemoteProtocolError, httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError):
        raise _no_url(request.method, origin(request.url)) from None


def _reason(error: Exception) -> Message:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Message("its certificate is not valid ({why})", why=cause.verify_message)
        if isinstance(cause, ssl.SSLError):
            return Message("no TLS connection could be made")
        cause = cause.__cause__ or cause.__context__
    return Message("no connection could be made")
