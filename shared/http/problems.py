"""Refusals: which error has which status, and how every one of them is told."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as NoRouteError

from shared import errors
from shared.errors import THROTTLES, PlatformError
from shared.http import openapi
from shared.json_text import compact
from shared.observability import logger

ROUTES = "GET /docs lists what there is"

PROBLEM_TYPE = "application/problem+json"

STATUS_BY_ERROR: Mapping[type[PlatformError], HTTPStatus] = {
    PlatformError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidRequestError: HTTPStatus.BAD_REQUEST,
    errors.InvalidTokenError: HTTPStatus.UNAUTHORIZED,
    errors.ForbiddenError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.MethodNotAllowedError: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.PreconditionFailedError: HTTPStatus.PRECONDITION_FAILED,
    errors.BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedMediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.IdempotencyKeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyRequestsError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}

COME_AGAIN = THROTTLES | {
    "ConditionalRequestConflict",
    "LimitExceededException",
    "RequestTimeout",
    "TransactionConflictException",
    "TransactionInProgressException",
}
"""Errors of AWS that pass, as its 5xx do; the SDK has already retried them."""

COMES_LATER = (
    errors.IdempotencyInProgressError, errors.TooManyRequestsError, errors.UnavailableError,
)  # fmt: skip
"""The errors that tell when to come again."""


def refusal(method: str, path: str, request_id: str, error: Exception) -> Response[str]:
    """Write the problem+json answer for whatever went wrong, and log what was not foreseen."""
    told = _told(method, path, error)
    status = status_of(told)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.exception("unexpected error", exc_info=error)
        told = PlatformError("something went wrong on our side")
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": told.detail,
        "code": told.code,
        "requestId": request_id,
        **told.members,
    }
    if told.problems:
        problem["errors"] = [place.model_dump() for place in told.problems]
    return Response(
        status_code=status,
        content_type=PROBLEM_TYPE,
        body=compact(problem),
        headers=_headers_of(told),
    )


def status_of(error: PlatformError) -> HTTPStatus:
    """Look up an error's status."""
    return status_of_kind(type(error))


def status_of_kind(kind: type[PlatformError]) -> HTTPStatus:
    """Look up the status of a class of errors, the nearest ancestor first."""
    return next(STATUS_BY_ERROR[each] for each in kind.__mro__ if each in STATUS_BY_ERROR)


def _told(method: str, path: str, error: Exception) -> PlatformError:
    if isinstance(error, PlatformError):
        return error
    if isinstance(error, NoRouteError):
        allowed = openapi.allowed_methods(path)
        # An allowed method that reached no route: its id has characters that no id has.
        if allowed and method not in allowed:
            detail = f"{method} is not allowed here, only {', '.join(allowed)}"
            return errors.MethodNotAllowedError(detail, allowed=allowed)
        return errors.RouteNotFoundError(f"there is nothing at this path: {ROUTES}")
    if _is_passing(error):
        logger.warning("a service we depend on is unavailable", exc_info=error)
        return errors.UnavailableError("a service we depend on is busy, try again")
    return PlatformError(str(error))


def _is_passing(error: Exception) -> bool:
    from botocore.exceptions import (  # noqa: PLC0415 - only refusals need it
        ClientError,
        ConnectionError,  # noqa: A004 - botocore's own, no subclass of the other
        HTTPClientError,
    )

    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or error.response["Error"].get("Code") in COME_AGAIN
    return isinstance(error, ConnectionError | HTTPClientError)


def _headers_of(error: PlatformError) -> dict[str, str]:
    if isinstance(error, errors.MethodNotAllowedError):
        return {"Allow": ", ".join(error.allowed)}
    if isinstance(error, errors.InvalidTokenError):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, COMES_LATER):
        return {"Retry-After": str(error.retry_after_seconds)}
    return {}
