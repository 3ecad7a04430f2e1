"""How messages name requests."""

import httpx
import pytest

from shared.masking import Masking
from shared.plugins.http.origins import named


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://a.example", "GET http://a.example/"),
        ("https://user:word@a.example:443/p/q?token=x#part", "GET https://a.example/p/q"),
        ("http://A.example:8080/a%20b/é;v=1", "GET http://a.example:8080/a%20b/%C3%A9;v=1"),
        ("http://[::1]:80/?", "GET http://[::1]/"),
        ("mailto:x", "GET a URL without a host"),
        ("/a/b", "GET a URL without a host"),
    ],
)
def test_a_request_is_named_without_its_query_and_its_user(url: str, name: str):
    assert named(httpx.Request("GET", url)).unmasked().startswith(name)


@pytest.mark.parametrize(
    ("secret", "path"),
    [("s3cret-of-hook", "s3cret-of-hook"), ("a b/ü?c", "a%20b%2F%C3%BC%3Fc"), ("ab+/c", "ab+/c")],
)
def test_a_secret_in_a_path_is_masked(secret: str, path: str):
    message = named(httpx.Request("POST", f"https://a.example/hooks/{path}/end"))

    assert message.shown(Masking([secret])) == "POST https://a.example/hooks/******/end"


def test_a_long_path_is_shortened():
    assert len(named(httpx.Request("GET", "http://a.example/" + "x" * 5000)).unmasked()) < 300
