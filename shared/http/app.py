"""The HTTP edge: one kind of app, one way to refuse, one log line for each request.

A route that must see its body before it is validated (an idempotency key is looked up first) takes
`body: RawBody[Draft] = None`: the parsed JSON object as sent, or None, with the schema of `Draft`
in the OpenAPI document. It calls `parse_body(Draft, body)` when it is ready. A POST that is done
once for its key has `middlewares=[once]` (`shared/http/idempotency.py`). What takes a flow's text
as bare YAML too says so: `openapi_extensions={"requestBody": json_or_yaml("Draft")}`.
"""

import re
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
)
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.auth.policy import POLICY, Access
from shared.errors import InvalidRequestError, Problem
from shared.http.bodies import YAML_TYPE, YAML_TYPES, media_type, read_json, read_yaml
from shared.http.caller import admit
from shared.http.etags import caching, with_validator
from shared.http.headers import IF_NONE_MATCH, REQUEST_ID, request_id_of
from shared.http.problems import refusal
from shared.http.process_end import end_after
from shared.ids import new_id
from shared.json_text import compact
from shared.observability import logger
from shared.times import utc_now
from shared.validation import first_of, invalid_at, problems_of, shortened, unknown
from shared.watchdog import Watchdog

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.api_gateway import Route
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

Event = Mapping[str, Any]
Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]
End = Callable[[Mapping[str, Any], LambdaContext], None]

_PARAMETER: Final = re.compile(r"<(\w+)>")


class StrictRequests(OpenAPIRequestValidationMiddleware):
    """The validation of a request by its route's signature, stricter than Powertools' own.

    Who calls is looked at first. A body is one strict JSON object, an unknown query parameter is an
    error, and what is wrong is raised as one of our own errors.
    """

    def __init__(self, policy: Mapping[str, Access]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Powertools leaves it untyped
        self._policy = policy

    def handler(self, app: Any, next_middleware: "NextMiddleware") -> Response[Any]:
        route: Route = app.context["_route"]
        if route.func.__module__.startswith("aws_lambda_powertools"):
            return next_middleware(app)  # its stand-in for a route that does not exist
        access = self._policy[f"{route.method} {route.openapi_path}"]
        admit(app.current_event.raw_event, access, utc_now())
        _refuse_unknown_parameters(app, route)
        _refuse_idle_condition(app, route)
        try:
            return super().handler(app, next_middleware)
        except RequestValidationError as error:
            body = route.dependant.body_params
            found = map(_of_whole_parameter, error.errors())
            problems = problems_of(found, body[0].type_ if body else None)
            raise InvalidRequestError("the request is not valid", problems=problems) from None

    def _get_body(self, app: Any) -> dict[str, Any] | None:  # type: ignore[override]  # Powertools' own may be None too
        event = app.current_event
        extensions = app.context["_route"].openapi_extensions or {}
        described = extensions.get("requestBody", {}).get("content", {})
        kind = media_type(event)
        if kind in YAML_TYPES and kind in described:
            return read_yaml(event)
        return read_json(event, takes_yaml=YAML_TYPE in described)


class WholePaths(APIGatewayHttpResolver):
    """The resolver of requests, to which a part of a path is all that stands between two slashes.

    Powertools' own knows no route for some characters, and takes `a` and a line's end for `a`.
    """

    @staticmethod
    def _compile_regex(rule: str, base_regex: str = r"{}\Z") -> re.Pattern[str]:
        return re.compile(base_regex.format(_PARAMETER.sub(r"(?P<\1>[^/]+)", rule)))


def http_app(policy: Mapping[str, Access] = POLICY) -> APIGatewayHttpResolver:
    """Make the app of one API function; its routes are complete paths (`/api/v1/flows`).

    `policy` says who may call each of them: a route without a row answers 500.
    """
    app = WholePaths(
        enable_validation=True,
        # A response that breaks its own schema is our fault: it must not look like the caller's.
        response_validation_error_http_code=HTTPStatus.INTERNAL_SERVER_ERROR,
        serializer=compact,
    )
    app._request_validation_middleware = StrictRequests(policy)  # noqa: SLF001 - the only seam there is

    @app.exception_handler(Exception)
    def refuse(error: Exception) -> Response[str]:
        event = app.current_event
        return refusal(event.http_method, event.path, event.headers.get(REQUEST_ID, ""), error)

    return app


def http_handler(
    app: APIGatewayHttpResolver,
    *,
    watchdog: Callable[[], Watchdog] = Watchdog,
    end: End = end_after,
) -> Handler:
    """Make `lambda_handler`: the request id in, out and in each log line; one INFO line each.

    `watchdog` oversees what a request evaluates; if something goes on for ever, `end` ends the
    process as soon as its answer is given.
    """

    @logger.inject_lambda_context(clear_state=True)
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        started = time.perf_counter()
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        request_id = request_id_of(headers) or new_id(utc_now())
        logger.set_correlation_id(request_id)
        logger.append_keys(requestId=request_id)
        told = {**event, "headers": {**headers, REQUEST_ID: request_id}}
        with watchdog() as overseer:
            response = app.resolve(told, context)
        method = event["requestContext"]["http"]["method"]
        response = with_validator(method, headers, response)
        response["headers"] = {
            "Cache-Control": caching(method),
            **response.get("headers", {}),
            "X-Request-Id": request_id,
        }
        if response["body"] is None:
            del response["body"]  # absent is what every gateway takes for none
        _log(event, response["statusCode"], time.perf_counter() - started)
        if overseer.has_strays():
            end(response, context)
        return response

    return lambda_handler


def _refuse_unknown_parameters(app: Any, route: "Route") -> None:
    known = [field.alias for field in route.dependant.query_params]
    given = app.current_event.query_string_parameters
    problems = first_of(
        Problem(path=f"query.{shortened(name)}", message=unknown("query parameter", name, known))
        for name in given
        if name not in known
    )
    if problems:
        raise InvalidRequestError("the request is not valid", problems=problems)


def _refuse_idle_condition(app: Any, route: "Route") -> None:
    """Refuse a write under a condition that its route does not look at: it would just be made."""
    taken = {field.alias.lower() for field in route.dependant.header_params}
    if route.method == "GET" or IF_NONE_MATCH in taken:
        return
    if IF_NONE_MATCH in app.current_event.headers:
        message = "is for reads: name the ETag that a write asks for in If-Match"
        raise invalid_at("header.If-None-Match", message)


def _of_whole_parameter(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """Tell of a query parameter that takes several that it is wrong, not at which of them."""
    return {**error, "loc": error["loc"][:2]} if error["loc"][0] == "query" else error


def _log(event: Event, status: int, seconds: float) -> None:
    fields = {
        "method": event["requestContext"]["http"]["method"],
        "route": event.get("routeKey", ""),
        "status": status,
        "durationMs": round(seconds * 1000, 1),
        "ids": {name: value[:64] for name, value in (event.get("pathParameters") or {}).items()},
    }
    logger.info("request", extra=fields)
