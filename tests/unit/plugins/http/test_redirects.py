"""Which request follows a redirect, and what goes along with it."""

import httpx
import pytest

from shared.plugins.http.redirects import redirected, take_cookies
from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import told

HERE = "http://here.example/start?token=secret"
OWN = {"accept": "*/*", "user-agent": "mine", "cookie": "own=1", "x-own": "1"}


def after(
    status: int,
    method: str = "GET",
    *,
    to: str | tuple[str, ...] = "/next",
    content: bytes = b"",
    headers: dict[str, str] | None = None,
    cookies: tuple[str, ...] = (),
    url: str = HERE,
) -> httpx.Request:
    request = httpx.Request(method, url, headers=OWN | (headers or {}), content=content)
    locations = (to,) if isinstance(to, str) else to
    fields = [("location", each) for each in locations]
    fields += [("set-cookie", each) for each in cookies]
    answer = httpx.Response(status, headers=fields, request=request)
    jar = httpx.Cookies()
    take_cookies(jar, request, answer)
    return redirected(request, answer, jar)


def cookie(following: httpx.Request) -> str | None:
    value: str | None = following.headers.get("cookie")
    return value


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_only_a_post_becomes_a_get_but_for_see_other(method: str, status: int):
    becomes_get = {301: {"POST"}, 302: {"POST"}, 303: {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}}

    following = after(status, method)

    assert following.method == ("GET" if method in becomes_get.get(status, set()) else method)
    assert str(following.url) == "http://here.example/next"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_body_goes_along_with_its_method(method: str, status: int):
    of_body = {"content-type": "text/plain", "content-language": "de"}

    following = after(status, method, content=b"body", headers=of_body)

    is_kept = following.method == method
    assert following.content == (b"body" if is_kept else b"")
    assert following.headers.get("content-length") == ("4" if is_kept else None)
    assert [following.headers.get(name) for name in of_body] == (
        ["text/plain", "de"] if is_kept else [None, None]
    )


def test_ones_own_headers_go_along_within_an_origin():
    headers = {"authorization": "Bearer own", "referer": "x"}

    following = after(302, headers=headers)

    assert dict(following.headers) == {"host": "here.example"} | OWN | headers


@pytest.mark.parametrize(
    ("cookies", "sent"),
    [
        ((), "own=1"),
        (("set=2; Path=/",), "own=1; set=2"),
        (("own=2",), "own=2"),
        (("set=2; Path=/elsewhere",), "own=1"),
        (("set=2; Max-Age=0",), "own=1"),
        (("set=2; Secure",), "own=1"),
    ],
)
def test_cookies_that_answers_set_join_ones_own(cookies: tuple[str, ...], sent: str):
    assert cookie(after(302, cookies=cookies)) == sent


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_cookies_and_headers_beyond_ascii_go_back_as_they_came(charset: str):
    name = "Zoë".encode(charset)
    request = httpx.Request("GET", HERE, headers={b"x-own": "Zoë".encode(), b"cookie": b"own=1"})
    answer = httpx.Response(302, headers=[(b"location", b"/next"), (b"set-cookie", b"by=" + name)])
    jar = httpx.Cookies()
    take_cookies(jar, request, answer)

    following = dict(redirected(request, answer, jar).headers.raw)

    assert following[b"cookie"] == b"own=1; by=" + name
    assert following[b"x-own"] == "Zoë".encode()


def test_of_ones_own_cookies_those_that_answers_set_anew_are_left_out():
    own = {"cookie": "a=1;b=x=y ; c"}

    assert cookie(after(302, headers=own, cookies=("a=2", "d=4"))) == "b=x=y; c; a=2; d=4"


@pytest.mark.parametrize(
    "to", ["http://there.example/", "http://here.example:8080/", "https://here.example/"]
)
def test_nothing_of_ones_own_goes_to_another_origin(to: str):
    following = after(302, to=to, headers={"authorization": "own"}, cookies=("set=2",))

    assert dict(following.headers) == {
        "host": following.url.netloc.decode(),
        "accept": "*/*",
        "user-agent": "headrace",
    }


def test_a_default_that_was_left_out_is_left_out_elsewhere_too():
    request = httpx.Request("GET", HERE)
    answer = httpx.Response(302, headers={"location": "http://there.example/"})

    following = redirected(request, answer, httpx.Cookies())

    assert dict(following.headers) == {"host": "there.example"}


def test_cookies_of_an_origin_are_forgotten_outside_it():
    request, jar = httpx.Request("GET", HERE), httpx.Cookies()
    answer = httpx.Response(
        302,
        headers=[("location", "http://sub.here.example/"), ("set-cookie", "a=1; Domain=.example")],
        request=request,
    )
    jar.set("a", "1", domain=".here.example")

    redirected(request, answer, jar)

    assert list(jar) == []


@pytest.mark.parametrize(
    ("status", "method", "to"),
    [
        (307, "POST", "http://there.example/"),
        (308, "PUT", "https://here.example/"),
        (302, "PUT", "http://there.example/"),
        (301, "PATCH", "//there.example/"),
        (302, "DELETE", "http://here.example:81/"),
    ],
)
def test_a_body_goes_to_no_other_origin(status: int, method: str, to: str):
    with pytest.raises(PluginError) as refused:
        after(status, method, to=to, content=b"secret")

    assert refused.value.code == "redirect_refused"
    assert told(refused.value) == (
        f"{method} http://here.example/start was redirected to another origin, which is not given"
        " the body: with followRedirects false the flow decides"
    )


def test_https_leads_to_no_http():
    with pytest.raises(PluginError) as refused:
        after(302, to="http://here.example/", url="https://here.example/")

    assert refused.value.code == "redirect_refused"
    assert "from https to http" in told(refused.value)


@pytest.mark.parametrize("to", ["http://[zz]/", "http://host:x/", "http://xn--a/", "x" * 70_000])
def test_a_redirect_to_no_url_is_an_invalid_answer(to: str):
    with pytest.raises(PluginError) as refused:
        after(302, to=to)

    assert refused.value.code == "invalid_answer"
    assert told(refused.value) == "GET http://here.example/start was redirected to no URL"


@pytest.mark.parametrize(
    ("to", "url"),
    [
        ("next", "http://here.example/next"),
        ("?page=2", "http://here.example/start?page=2"),
        ("//there.example/a", "http://there.example/a"),
        ("http:///a", "http://here.example/a"),
        ("/%C3%A9 b", "http://here.example/%C3%A9%20b"),
        ("", HERE),
    ],
)
def test_a_location_may_be_relative(to: str, url: str):
    assert str(after(302, to=to).url) == url


def test_a_location_may_be_there_twice():
    assert str(after(302, to=("/next", "/next")).url) == "http://here.example/next"


@pytest.mark.parametrize("to", [("/a", "/b"), ("/a", ""), ("http://here.example/a", "/a")])
def test_two_locations_that_differ_are_an_invalid_answer(to: tuple[str, ...]):
    with pytest.raises(PluginError) as refused:
        after(302, to=to)

    assert refused.value.code == "invalid_answer"
    assert told(refused.value) == "GET http://here.example/start was redirected to several URLs"
