"""The request headers that steer a request, each with its rule."""

import re
from collections.abc import Mapping
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header

from shared.errors import InvalidIdempotencyKeyError
from shared.validation import invalid_at

REQUEST_ID = "x-request-id"
IDEMPOTENCY_KEY = "idempotency-key"
IF_NONE_MATCH = "if-none-match"

IdempotencyKeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="1 to 255 visible ASCII characters; the same key gives the same answer.",
    ),
]
CorrelationIdHeader = Annotated[
    str | None,
    Header(alias="X-Correlation-Id", description="Kept with the execution; 1 to 128 visible."),
]
IfMatchHeader = Annotated[
    str | None,
    Header(alias="If-Match", description="Write only if the resource still has this ETag."),
]
IfNoneMatchHeader = Annotated[
    str | None,
    Header(alias="If-None-Match", description="`*`: write only what is not there yet."),
]

_VISIBLE = re.compile(r"[\x21-\x7e]+")


def is_only_new(if_none_match: str | None) -> bool:
    """Tell whether a write is only to make what is not there; InvalidRequestError for tags."""
    if if_none_match is None:
        return False
    if if_none_match.strip() != "*":
        raise invalid_at("header.If-None-Match", "is * for a write, or left out")
    return True


def checked_idempotency_key(header: str | None) -> str | None:
    """Let a good key or none pass; a header that is there but empty is a bad key."""
    if header is not None and not _is_visible(header, 255):
        raise InvalidIdempotencyKeyError(
            "Idempotency-Key must be 1 to 255 visible ASCII characters"
        )
    return header


def checked_correlation_id(header: str | None) -> str | None:
    if header is not None and not _is_visible(header, 128):
        raise invalid_at("header.X-Correlation-Id", "must be 1 to 128 visible ASCII characters")
    return header


def prefers(accept: str | None, kind: str, *, over: str) -> bool:
    """Tell whether a media type is named, and with more weight than `over`; wildcards are none.

    What cannot be read counts as not said: a header that only picks a form is never refused.
    """
    liked = dict(filter(None, map(_liking, (accept or "").split(","))))
    return liked.get(kind, 0.0) > liked.get(over, 0.0)


def _liking(part: str) -> tuple[str, float] | None:
    """Read `type/subtype;q=0.5`: the type in lower case, and how much it is liked."""
    kind, *parameters = (each.strip().lower() for each in part.split(";"))
    named = dict(each.split("=", 1) for each in parameters if "=" in each)
    try:
        weight = float(named.get("q", "1"))
    except ValueError:
        return None
    return kind, weight


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """Read the caller's own request id, or None when it is missing or could not be logged."""
    given = headers.get(REQUEST_ID, "")
    return given if _is_visible(given, 128) else None


def _is_visible(value: str, longest: int) -> bool:
    return len(value) <= longest and _VISIBLE.fullmatch(value) is not None
