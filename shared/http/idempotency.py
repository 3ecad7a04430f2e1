"""Routes that are done once for each `Idempotency-Key`: looked up, claimed, done, kept, replayed.

    once = IdempotentRoute(app)

    @app.post("/api/v1/things", middlewares=[once])
    def create_thing(things: Things, body: RawBody[ThingDraft] = None) -> Response[Thing]:
        return made(things.create(parse_body(ThingDraft, body), once.keep(made)))

The route keeps its answer together with its effect (`shared/idempotency/response_writer.py`); a
refusal is forgotten. A request without a key passes as if this were not there.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import BaseMiddlewareHandler
from botocore.exceptions import BotoCoreError, ClientError

from shared.auth.principal import Principal
from shared.dynamodb import Write
from shared.errors import IdempotencyInProgressError, PlatformError
from shared.http.caller import calling_principal
from shared.http.headers import IDEMPOTENCY_KEY, checked_idempotency_key
from shared.idempotency.keys import claim_scope, fingerprint
from shared.idempotency.response_writer import NOT_KEYED, ResponseWriter
from shared.idempotency.responses import (
    OVERTAKEN,
    RequestAttempt,
    ResponseRepository,
    StoredResponse,
    response_repository,
)
from shared.json_text import compact
from shared.observability import logger
from shared.times import utc_now

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

Result = TypeVar("Result")

Render = Callable[[Result], "Response[Any]"]
"""The maker of the answer that tells of a result, a pydantic model or nothing in its body."""

REPLAYED = "Idempotency-Replayed"
MARGIN = timedelta(seconds=1)
"""The time that a claim outlives its function's: clocks differ."""

_TRIED = "tried_once"


class IdempotentRoute(BaseMiddlewareHandler[APIGatewayHttpResolver]):
    """The middleware of such routes; a key counts within the tenant of who calls."""

    def __init__(
        self,
        app: APIGatewayHttpResolver,
        *,
        caller: Callable[[], Principal] = calling_principal,
        answers: Callable[[], ResponseRepository] = response_repository,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._app = app
        self._caller = caller
        self._answers = answers
        self._now = now

    def handler(self, app: Any, next_middleware: "NextMiddleware") -> Response[Any]:
        key = checked_idempotency_key(app.current_event.headers.get(IDEMPOTENCY_KEY))
        if key is None:
            return next_middleware(app)
        tried = _Tried(self._answers(), self._attempt(key))
        earlier = tried.answers.claim(tried.attempt)
        if earlier:
            return _response(earlier, {REPLAYED: "true"})
        app.append_context(**{_TRIED: tried})
        try:
            next_middleware(app)
        except Exception as error:
            if tried.is_let_go() or not isinstance(error, PlatformError):
                raise
            # Somebody else has the key, or an answer: what this attempt found counts no more.
            raise IdempotencyInProgressError(OVERTAKEN) from error
        return _response(tried.kept(), {})

    def keep(self, render: Render[Result]) -> ResponseWriter[Result]:
        """Return a writer that stores the answer `render` makes; it stores none without a key."""
        tried = self._app.context.get(_TRIED)
        return _ResponseWriter(tried, render) if tried else NOT_KEYED

    def _attempt(self, key: str) -> RequestAttempt:
        """Return the attempt: all that a route is given is its payload, but what was not sent."""
        event, given = self._app.current_event, self._app.context["_route_args"]
        payload = {name: value for name, value in given.items() if value not in (None, {})}
        scope = claim_scope(self._caller().tenant, event.path, key)
        now = self._now()
        left = timedelta(milliseconds=self._app.lambda_context.get_remaining_time_in_millis())
        return RequestAttempt(
            scope, fingerprint(payload), os.urandom(12).hex(), now, now + left + MARGIN
        )


@dataclass
class _Tried:
    """The state of one attempt: its answer, once there is one."""

    answers: ResponseRepository
    attempt: RequestAttempt
    answer: StoredResponse | None = None

    def kept(self) -> StoredResponse:
        if self.answer is None:
            raise LookupError("a route that is done once kept no answer")
        return self.answer

    def is_let_go(self) -> bool:
        """Free the key, if that is still ours to do."""
        try:
            return self.answers.forget(self.attempt)
        except (ClientError, BotoCoreError):
            logger.exception("the key is free when its time is over")
            return True


@dataclass(frozen=True)
class _ResponseWriter(Generic[Result]):
    tried: _Tried
    render: Render[Result]

    def write_with(self, result: Result, /) -> Sequence[Write]:
        return [self.tried.answers.keeping(self.tried.attempt, self._answer(result))]

    def write_alone(self, result: Result, /) -> None:
        self.tried.answers.keep(self.tried.attempt, self._answer(result))

    def _answer(self, result: Result) -> StoredResponse:
        response = self.render(result)
        shown: Any = response.body
        headers = {name: str(value) for name, value in response.headers.items()}
        body = "" if shown is None else compact(shown.model_dump(mode="json", by_alias=True))
        self.tried.answer = StoredResponse(response.status_code, headers, body)
        return self.tried.answer


def _response(answer: StoredResponse, more: dict[str, str]) -> Response[Any]:
    body = answer.body or None
    return Response(status_code=answer.status, body=body, headers={**answer.headers, **more})
