"""Presigned addresses of objects on the API's own port: `/_objects/{bucket}/{key}?X-Amz-…`.

A signature covers host and path. So an address is signed for the emulator, shown with the API's
port, and put back before it is looked at. One origin is then enough for a page and its documents.
"""

import importlib
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from infra.local.answers import Message, Scope, Send
from infra.local.door import access_key, headers
from infra.local.settings import Local

PREFIX = "/_objects"
METHODS = ("GET", "HEAD", "PUT")
_BUCKET = re.compile(r"/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+", re.DOTALL)
SHOWN_AS = (
    # An object may be a page: it never acts in the name of the origin that serves it.
    (b"content-security-policy", b"sandbox"),
    (b"x-content-type-options", b"nosniff"),
)


def address_at_api(url: str, local: Local) -> str:
    """Turn a URL that was presigned for the emulator into the same on the API's port."""
    signed = urlsplit(url)
    if f"{signed.scheme}://{signed.netloc}" != local.aws_endpoint_url:
        raise ValueError("the URL is not presigned for this stack's emulator")
    api = urlsplit(local.api_url)
    return urlunsplit((api.scheme, api.netloc, PREFIX + signed.path, signed.query, ""))


def is_object(scope: Scope) -> bool:
    """Tell whether a request is for an object, by its path alone."""
    return scope["path"] == PREFIX or str(scope["path"]).startswith(f"{PREFIX}/")


def signed_request(scope: Scope, host: str) -> Scope | None:
    """Return the request as it was signed, for the emulator at `host`; None if it was not.

    As on AWS, a header that changes what a request does (`x-amz-copy-source`) has to be signed.
    """
    path = str(scope["path"]).removeprefix(PREFIX)
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    signed = query.get("X-Amz-SignedHeaders", [""])[0].split(";")
    is_presigned = "X-Amz-Signature" in query and not headers(scope, "authorization")
    names = {name.decode("latin-1").lower() for name, _ in scope["headers"]}
    unsigned = {name for name in names if name.startswith("x-amz-")} - set(signed)
    raw = scope.get("raw_path") or scope["path"].encode()
    is_as_shown = raw.startswith(f"{PREFIX}/".encode())
    if not is_presigned or unsigned or not is_as_shown or not _BUCKET.fullmatch(path):
        return None
    kept = [each for each in scope["headers"] if each[0].lower() != b"host"]
    return {
        **scope,
        "path": path,
        "raw_path": raw[len(PREFIX) :],
        "headers": [(b"host", host.encode()), *kept],
    }


def has_valid_signature(scope: Scope) -> bool:
    """Tell whether the emulator's S3 finds the signature of a request right, and not expired.

    It would look itself, but only once it has decided that the request is one for S3.
    """
    found = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    s3: Any = importlib.import_module("ministack.services.s3")
    try:
        refused = s3._verify_presigned_sigv4(scope["method"], scope["path"], found, query)  # noqa: SLF001
    except (ValueError, OverflowError):
        return False  # its times are none
    is_sigv4 = query.get("X-Amz-Algorithm") == ["AWS4-HMAC-SHA256"]
    return is_sigv4 and bool(access_key(scope)) and refused is None


def sandboxed(send: Send) -> Send:
    """Return a `send` that lets what is answered do nothing if a browser shows it."""

    async def add_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *SHOWN_AS]}
        await send(message)

    return add_headers
