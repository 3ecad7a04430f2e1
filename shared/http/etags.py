"""The validators of answers: what has not changed since is not sent again (RFC 9110, section 13).

A GET of one thing carries an ETag. What clients write has a strong one from its route, which counts
its writes; whatever else is answered has a weak one here, the digest of what is shown.
"""

import hashlib
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from shared.http.headers import IF_NONE_MATCH

_TAGS: Final = re.compile(r'(?:W/)?("[^"]*")')
_PRESIGNED: Final = re.compile(r'("\w*[uU]rl":"[^"?]+)\?[^"]*\bX-Amz-Signature=[^"]*"')
"""A field that is a presigned address: what it leads to, and the rest, which is always new."""


def with_validator(
    method: str, headers: Mapping[str, str], response: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a response as the client gets it: with its ETag, or as a bare 304.

    `headers` are those of the request, by names in lower case. Lists have no validator.
    """
    body = response.get("body")
    if method != "GET" or response["statusCode"] != HTTPStatus.OK or not isinstance(body, str):
        return dict(response)
    told = response.get("headers", {})
    tag = told.get("ETag")
    if tag is None and body.startswith("["):
        return dict(response)
    tag = tag or weak_etag(body)
    if is_known(headers.get(IF_NONE_MATCH), tag):
        kept = {name: value for name, value in told.items() if name.lower() != "content-type"}
        changed = {"statusCode": HTTPStatus.NOT_MODIFIED.value, "body": None}
        return {**response, **changed, "isBase64Encoded": False, "headers": {**kept, "ETag": tag}}
    return {**response, "headers": {**told, "ETag": tag}}


def caching(method: str) -> str:
    """Say what may be kept of an answer: of a read what is asked after each time, else nothing.

    Tokens and secrets that are shown once come from POST (RFC 6749, section 5.1); no cache that
    several share keeps what one caller may see.
    """
    return "private, no-cache" if method == "GET" else "no-store"


def weak_etag(body: str) -> str:
    """Return the validator of a body, in which signatures of presigned addresses don't count."""
    lasting = _PRESIGNED.sub(r'\1"', body)
    return f'W/"{hashlib.blake2b(lasting.encode(), digest_size=16).hexdigest()}"'


def is_known(header: str | None, tag: str) -> bool:
    """Tell whether If-None-Match names a validator; weak and strong ones compare alike."""
    if header is None:
        return False
    return header.strip() == "*" or tag.removeprefix("W/") in _TAGS.findall(header)
