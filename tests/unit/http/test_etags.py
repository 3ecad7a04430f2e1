"""Validators: which answers have one, what changes it, and who is answered 304."""

from typing import Annotated, Any

import pytest
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from shared.errors import RouteNotFoundError
from shared.http.app import http_app, http_handler
from shared.http.etags import is_known, weak_etag
from shared.http.responses import answer
from tests.support.api import ANY_ROUTE, Answer, call


class Thing(BaseModel):
    name: str


app = http_app(ANY_ROUTE)
handler = http_handler(app)
Name = Annotated[str, Query()]


@app.get("/written")
def read_written(name: Name = "a") -> Response[Thing]:
    return answer(Thing(name=name), version=7, headers={"X-More": "kept"})


@app.get("/seen")
def read_seen(name: Name = "a") -> Thing:
    return Thing(name=name)


@app.get("/list")
def read_list() -> list[Thing]:
    return [Thing(name="a")]


@app.get("/page")
def read_page() -> Response[Any]:
    return Response(200, "text/html; charset=utf-8", "<p>")


@app.get("/none")
def read_none() -> Thing:
    raise RouteNotFoundError("no")


@app.post("/seen")
def write_seen() -> Thing:
    return Thing(name="a")


def get(path: str, tag: str | None = None) -> Answer:
    return call(handler, "GET", path, headers={"If-None-Match": tag} if tag is not None else None)


@pytest.mark.parametrize("path", ["/written", "/seen", "/page"])
def test_one_thing_that_has_not_changed_is_not_sent_again(path: str) -> None:
    first = get(path)
    again = get(path, first.headers["etag"])

    assert first.status == 200
    assert (again.status, again.text) == (304, None)
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-type" not in again.headers
    assert again.headers["x-request-id"]
    assert again.headers.get("x-more") == first.headers.get("x-more")


def test_what_is_written_has_a_strong_validator_and_what_is_seen_a_weak_one() -> None:
    assert get("/written").headers["etag"] == '"7"'
    assert get("/written?name=b").headers["etag"] == '"7"'
    assert get("/seen").headers["etag"].startswith('W/"')


def test_what_has_changed_is_sent() -> None:
    tag = get("/seen").headers["etag"]
    found = get("/seen?name=b", tag)

    assert (found.status, found.json["name"]) == (200, "b")
    assert found.headers["etag"] != tag
    assert get("/seen?name=b").headers["etag"] == found.headers["etag"]


def test_lists_refusals_and_writes_have_none() -> None:
    answers = [get("/list", "*"), get("/none", "*"), call(handler, "POST", "/seen")]

    assert [each.status for each in answers] == [200, 404, 200]
    assert all("etag" not in each.headers for each in answers)


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, False),
        ("", False),
        ("*", True),
        ('"7"', True),
        ('W/"7"', True),
        ('"6", W/"7" , "8"', True),
        ('"6","77"', False),
        ("7", False),
        ('"a, 7"', False),
    ],
)
def test_weak_and_strong_compare_alike(header: str | None, known: bool) -> None:  # noqa: FBT001 - a case
    assert is_known(header, '"7"') is is_known(header, 'W/"7"') is known


SIGNED = "https://b.s3.amazonaws.com/k.json?X-Amz-Date={0}&X-Amz-Signature={0}&x={0}"


def test_the_signature_of_a_presigned_address_does_not_count() -> None:
    now, later = (weak_etag(f'{{"outputsUrl":"{SIGNED.format(n)}","n":1}}') for n in (1, 2))
    other = SIGNED.format(1).replace("k.json", "l.json")

    assert now == later
    assert weak_etag(f'{{"outputsUrl":"{other}","n":1}}') != now
    assert weak_etag(f'{{"outputsUrl":"{SIGNED.format(1)}","n":2}}') != now
    assert weak_etag('{"outputsUrl":null,"n":1}') != now


@pytest.mark.parametrize(
    "body",
    [
        '{{"outputsUrl":"https://x.example/k?page={0}"}}',
        '{{"text":"https://x.example/k?X-Amz-Signature={0}"}}',
        r'{{"outputs":"{{\"url\":\"https://x.example/k?X-Amz-Signature={0}\"}}"}}',
    ],
)
def test_all_else_counts(body: str) -> None:
    assert weak_etag(body.format(1)) != weak_etag(body.format(2))
