"""Redirects: the request that follows an answer, and what of the first one goes along.

Methods and bodies are those of RFC 9110, 15.4. Within an origin one's own headers go along; to
another nothing that is one's own does, for any header may be a credential.
"""

import httpx

from shared.messages import Message
from shared.plugins.http.call import DEFAULT_HEADERS
from shared.plugins.http.origins import named, origin
from shared.plugins.sdk.plugin import PluginError

_SEE_OTHER = 303
_MAY_CHANGE_POST = frozenset({301, 302})
_OF_A_CONNECTION = frozenset({"host", "content-length"})
_OF_A_BODY = frozenset(
    {
        *("content-type", "content-encoding", "content-language", "content-location"),
        *("content-range", "content-md5", "content-digest", "digest", "last-modified"),
    }
)
_BYTEWISE = "latin-1"
"""One character a byte: cookies go back as they came, whatever their charset."""


def take_cookies(cookies: httpx.Cookies, request: httpx.Request, answer: httpx.Response) -> None:
    """Put the cookies that `answer` sets into `cookies`; their domain is that of `request`."""
    read = httpx.Response(answer.status_code, headers=answer.headers.raw, request=request)
    read.headers.encoding = _BYTEWISE
    cookies.extract_cookies(read)


def redirected(
    request: httpx.Request, answer: httpx.Response, cookies: httpx.Cookies
) -> httpx.Request:
    """Return the request that `answer` sends `request` to; `cookies` are this origin's.

    Codes of the PluginError: `redirect_refused`, `invalid_answer`.
    """
    url = _target(request, answer)
    method = _method(request.method, answer.status_code)
    content = request.content if method == request.method else b""
    if origin(url) == origin(request.url):
        return _within(request, httpx.Request(method, url, content=content), cookies)
    if request.url.scheme == "https" and url.scheme == "http":
        raise _refused(request, "from https to http")
    if content:
        raise _refused(request, "to another origin, which is not given the body")
    cookies.clear()
    defaults = {name: each for name, each in DEFAULT_HEADERS.items() if name in request.headers}
    return httpx.Request(method, url, headers=defaults)


def _method(method: str, status: int) -> str:
    becomes_get = method == "POST" if status in _MAY_CHANGE_POST else status == _SEE_OTHER
    return "GET" if becomes_get and method != "HEAD" else method


def _target(request: httpx.Request, answer: httpx.Response) -> httpx.URL:
    location, *others = dict.fromkeys(answer.headers.get_list("location"))
    if others:
        message = Message("{asked} was redirected to several URLs", asked=named(request))
        raise PluginError(message, code="invalid_answer")
    try:
        url = httpx.URL(location)
        if url.scheme and not url.host:
            url = url.copy_with(host=request.url.host)
        url = request.url.join(url)
        origin(url)  # which decodes the host
    except (httpx.InvalidURL, ValueError):
        raise no_url(request) from None
    return url


def _within(
    request: httpx.Request, following: httpx.Request, cookies: httpx.Cookies
) -> httpx.Request:
    """Give one's own headers to a request of the same origin, and the cookies that it has set."""
    left_out = _OF_A_CONNECTION | (_OF_A_BODY if following.method != request.method else set())
    request.headers.encoding = following.headers.encoding = _BYTEWISE
    cookies.set_cookie_header(following)
    set_by_answers = following.headers.get("cookie")
    for name, value in request.headers.items():
        if name not in left_out:
            following.headers[name] = value
    if set_by_answers:
        following.headers["cookie"] = _joined(request.headers.get("cookie", ""), set_by_answers)
    return following


def _joined(own: str, set_by_answers: str) -> str:
    """Return a Cookie header of both; where a name is in both, the newer one wins."""
    newer = {_cookie_name(each) for each in set_by_answers.split(";")}
    kept = [each.strip() for each in own.split(";") if _cookie_name(each) not in newer]
    return "; ".join([*filter(None, kept), set_by_answers])


def _cookie_name(cookie: str) -> str:
    return cookie.partition("=")[0].strip()


def _refused(request: httpx.Request, how: str) -> PluginError:
    sentence = "{asked} was redirected {how}: with followRedirects false the flow decides"
    message = Message(sentence, asked=named(request), how=Message.of(how))
    return PluginError(message, code="redirect_refused")


def no_url(request: httpx.Request) -> PluginError:
    """Return the error of an answer that sends a request nowhere."""
    message = Message("{asked} was redirected to no URL", asked=named(request))
    return PluginError(message, code="invalid_answer")
