"""One HTTP exchange, redirects included; whatever goes wrong in it becomes a PluginError.

Messages name method, origin and path: queries and addresses may be secret.
"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from shared.egress.client import Remaining, pinned_transport
from shared.egress.guard import EgressGuard, EgressRefusedError
from shared.messages import Message
from shared.plugins.http.call import Call
from shared.plugins.http.codings import limited, reserved, unpacked
from shared.plugins.http.origins import named
from shared.plugins.http.redirects import no_url, redirected, take_cookies
from shared.plugins.http.response import Answer
from shared.plugins.sdk.plugin import PluginError, TaskContext
from shared.plugins.sdk.values import invalid

MAX_REDIRECTS = 5


def exchange(
    call: Call,
    guard: EgressGuard,
    remaining: Remaining,
    *,
    tls: ssl.SSLContext | None = None,
    context: TaskContext,
) -> Answer:
    """Send `call` and read the answer, all within `remaining`; reserve bytes as they come.

    A redirect that makes a GET of another method is logged. Codes of the PluginError:
    `egress_refused`, `timeout`, `connection_error`, `too_many_redirects`, `redirect_refused`,
    `answer_too_large`, `invalid_answer`, `invalid_value`.
    """
    request, cookies = _request(call), httpx.Cookies()
    first = named(request)
    with pinned_transport(guard, remaining, tls=tls) as transport:
        for _ in range(MAX_REDIRECTS + 1):
            with _told(request):
                guard.check_url(request.url.scheme, request.url.userinfo, request.url.host)
                response = transport.handle_request(request)
                try:
                    if not (call.follows_redirects and response.has_redirect_location):
                        return _answer(request, response, context.reserve)
                finally:
                    response.close()
            request = _followed(request, response, cookies, context)
    raise PluginError(
        Message(f"{{first}} was redirected more than {MAX_REDIRECTS} times", first=first),
        code="too_many_redirects",
    )


def _request(call: Call) -> httpx.Request:
    try:
        request = httpx.Request(call.method, call.url, headers=call.headers, content=call.content)
        named(request)  # which decodes the host
    except (httpx.InvalidURL, ValueError):
        raise invalid("url is malformed") from None
    return request


def _answer(
    request: httpx.Request, response: httpx.Response, reserve: Callable[[int], None]
) -> Answer:
    asked, encoding = named(request), response.headers.get("content-encoding", "")
    try:
        content = unpacked(limited(reserved(response.iter_raw(), reserve)), encoding, reserve)
    except PluginError as error:
        status = response.status_code
        raise PluginError(
            Message("{asked}, {status}: {why}", asked=asked, status=status, why=error.message),
            code=error.code,
            status_code=status,
        ) from None
    return Answer(
        asked=asked,
        status=response.status_code,
        reason=response.reason_phrase,
        headers={name.lower(): value for name, value in response.headers.items()},
        cookies=response.headers.get_list("set-cookie"),
        pauses=response.headers.get_list("retry-after"),
        content=content,
    )


def _followed(
    request: httpx.Request,
    response: httpx.Response,
    cookies: httpx.Cookies,
    context: TaskContext,
) -> httpx.Request:
    take_cookies(cookies, request, response)
    following = redirected(request, response, cookies)
    if following.method != request.method:
        sentence = "{asked} was answered {status}: {next} follows"
        status, after = response.status_code, named(following)
        message = Message(sentence, asked=named(request), status=status, next=after)
        context.log("INFO", context.shown(message))
    return following


@contextmanager
def _told(request: httpx.Request) -> Iterator[None]:
    """Turn what httpx, httpcore and the guard raise into a sentence about this request."""
    what = named(request)
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
        raise no_url(request) from None


def _reason(error: Exception) -> Message:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Message("its certificate is not valid ({why})", why=cause.verify_message)
        if isinstance(cause, ssl.SSLError):
            return Message("no TLS connection could be made")
        cause = cause.__cause__ or cause.__context__
    return Message("no connection could be made")
