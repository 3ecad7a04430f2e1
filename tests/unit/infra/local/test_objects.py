"""Presigned addresses on the API's port: what is put back as it was signed, and what is not."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.objects import (
    address_at_api,
    has_valid_signature,
    is_object,
    sandboxed,
    signed_request,
)
from infra.local.settings import Local

LOCAL = Local(home=Path("/nowhere"), port=8080, emulator_port=4566)
HOST = "127.0.0.1:4566"
QUERY = "X-Amz-SignedHeaders=host&X-Amz-Signature=0"


def asked(path: str, query: str = QUERY, **lines: str) -> MutableMapping[str, Any]:
    headers = {"host": "localhost:8080", **lines}
    return {
        "type": "http",
        "method": "PUT",
        "path": path,
        "raw_path": path.replace(" ", "%20").encode(),
        "query_string": query.encode(),
        "headers": [
            (name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()
        ],
    }


def test_an_address_is_shown_with_the_apis_port() -> None:
    url = f"http://{HOST}/bucket/a%20b?{QUERY}"

    assert address_at_api(url, LOCAL) == f"http://localhost:8080/_objects/bucket/a%20b?{QUERY}"


def test_an_address_of_another_place_is_not_shown() -> None:
    with pytest.raises(ValueError, match="not presigned for this stack"):
        address_at_api(f"http://evil.example/bucket/key?{QUERY}", LOCAL)


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("/_objects/b/k", True),
        ("/_objects", True),
        ("/_objectsx", False),
        ("/api/_objects/", False),
    ],
)
def test_objects_are_known_by_their_path(path: str, is_one: bool) -> None:  # noqa: FBT001
    assert is_object(asked(path)) is is_one


def test_host_and_path_are_put_back_as_they_were_signed() -> None:
    put_back = signed_request(asked("/_objects/bucket/a b", content_type="x/y"), HOST)

    assert put_back is not None
    assert (put_back["path"], put_back["raw_path"]) == ("/bucket/a b", b"/bucket/a%20b")
    assert put_back["headers"] == [(b"host", HOST.encode()), (b"content-type", b"x/y")]
    assert put_back["query_string"] == QUERY.encode()


@pytest.mark.parametrize(
    "request_",
    [
        asked("/_objects/bucket/key", ""),
        asked("/_objects/bucket"),
        asked("/_objects/bucket/"),
        asked("/_objects/_ministack/reset"),
        asked("/_objects//bucket/key"),
        asked("/_objects/../key"),
        asked("/_objects/bucket/key", authorization="AWS4-HMAC-SHA256 Credential=x/"),
        asked("/_objects/bucket/key", x_amz_copy_source="other/secret"),
        {**asked("/_objects/bucket/key"), "raw_path": b"/_objects%2Fbucket%2Fkey"},
        {**asked("/_objects/bucket/key"), "raw_path": b"/_objects%2Fother/bucket/key"},
        {**asked("/_objects/bucket/key"), "raw_path": b"http://localhost/_objects/bucket/key"},
    ],
    ids=[
        *("unsigned", "bucket", "no key", "reset", "empty", "dots", "header", "copy"),
        *("encoded slash", "encoded folder", "absolute"),
    ],
)
def test_what_is_not_a_presigned_request_for_one_object_is_none(
    request_: MutableMapping[str, Any],
) -> None:
    assert signed_request(request_, HOST) is None


@pytest.mark.parametrize("seconds", ["9" * 17, "9" * 5000, "-1", "x", ""])
def test_what_is_no_time_is_no_valid_signature(seconds: str) -> None:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A/20261128/us-east-1/s3/aws4_request"
        f"&X-Amz-Date=20261128T000000Z&X-Amz-Expires={seconds}&{QUERY}"
    )

    assert not has_valid_signature(asked("/bucket/key", query))


def test_a_header_that_was_signed_goes_along() -> None:
    query = "X-Amz-SignedHeaders=host%3Bx-amz-acl&X-Amz-Signature=0"

    assert signed_request(asked("/_objects/bucket/key", query, x_amz_acl="private"), HOST)


def test_an_object_that_is_a_page_can_do_nothing() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def answer() -> None:
        guarded = sandboxed(send)
        await guarded({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
        await guarded({"type": "http.response.body", "body": b"<script>"})

    asyncio.run(answer())

    assert (b"content-security-policy", b"sandbox") in sent[0]["headers"]
    assert (b"a", b"b") in sent[0]["headers"]
    assert sent[1]["body"] == b"<script>"
