"""`http.request`: an HTTP call to the public Internet, or to what the deployment allows."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.durations import parse_duration
from shared.egress.deny_list import DenyListError
from shared.egress.guard import EgressGuard, EgressSettingError, egress_guard
from shared.json_schema.builders import (
    anything,
    boolean,
    choice,
    closed,
    duration,
    integer,
    mapping,
    outputs,
    string,
    when,
)
from shared.messages import Message
from shared.plugins.http.call import call_of
from shared.plugins.http.codings import is_packed
from shared.plugins.http.response import Answer, body_of, retry_after, shown_headers
from shared.plugins.sdk.plugin import Manifest, Plugin, PluginError, TaskContext
from shared.plugins.sdk.values import invalid

_SCALAR = {"type": ["string", "number", "boolean", "null"]}
_NO_REASON = "{asked} was answered {status}"
_SCALARS = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}


@dataclass(frozen=True)
class HttpRequest:
    """The plugin's function with what it needs of the world."""

    guard: Callable[[], EgressGuard] = egress_guard
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tls: ssl.SSLContext | None = None

    def __call__(self, properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
        """Make the call; PluginError `http_status` when the answer is not 2xx."""
        from shared.plugins.http.exchange import exchange  # noqa: PLC0415 - httpx costs 100 ms

        call = call_of(properties, context.idempotency_key)
        started = self.clock()
        end = started + min(_seconds(properties.get("timeout", 30)), context.remaining())
        answer = exchange(
            call,
            self._guard(),
            lambda: end - self.clock(),
            tls=self.tls,
            context=context,
        )
        result = _outputs(answer, self.clock() - started, context.reserve)
        if answer.status // 100 != 2 and properties.get("failOnStatus", True):
            raise PluginError(
                Message(
                    "{asked} was answered {status} {reason}" if answer.reason else _NO_REASON,
                    asked=answer.asked,
                    status=answer.status,
                    reason=answer.reason,
                ),
                code="http_status",
                status_code=answer.status,
                retry_after_seconds=retry_after(answer.pauses, self.now()),
                outputs=result,
            )
        return result

    def _guard(self) -> EgressGuard:
        try:
            return self.guard()
        except (DenyListError, EgressSettingError) as error:
            raise PluginError(error.message, code="configuration_error") from None


def _seconds(timeout: Any) -> float:
    seconds = parse_duration(timeout).total_seconds()
    if seconds <= 0:
        raise invalid("timeout must be more than nothing")
    return seconds


def _outputs(answer: Answer, seconds: float, reserve: Callable[[int], None]) -> dict[str, Any]:
    body, encoding = body_of(
        answer.content,
        answer.headers.get("content-type"),
        reserve,
        is_packed=is_packed(answer.headers.get("content-encoding", "")),
    )
    return {
        "status_code": answer.status,
        "body": body,
        "bodyEncoding": encoding,
        "headers": shown_headers(answer),
        "durationMs": round(seconds * 1000),
    }


def http_request(run: HttpRequest) -> Plugin:
    """Put the manifest to a function; tests give one with another network."""
    return Plugin(_MANIFEST, run)


_MANIFEST = Manifest(
    id="http.request",
    name="HTTP request",
    category="core",
    description=(
        "Calls a URL. An answer other than 2xx fails the task, with its status, body and "
        "headers kept: with `allowFailure` later tasks read them, and `retry` repeats 408, 425, "
        "429 and 5xx. Hosts that are not public are refused unless an operator allows them. "
        "POST, PUT, PATCH and DELETE carry an Idempotency-Key that stays the same when the call is "
        "repeated after a crash. At most 5 redirects are followed: 301 and 302 make a GET of POST "
        "alone, 303 of all but HEAD, which is logged. To another origin "
        "none of your own headers goes along, and no body: a redirect that would carry one there, "
        "or lead from https to http, fails. An answer has 10 MiB at most."
    ),
    input_schema=closed(
        {
            "url": string("An http or https URL, without a username.", minLength=1),
            "method": choice(
                "The HTTP method.",
                *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
                default="GET",
            ),
            "headers": mapping(
                "Headers; null leaves out one that would be sent by default.",
                additionalProperties=_SCALAR,
                default={},
            ),
            "query": mapping(
                "Added to the URL's query; a list gives a name several times.",
                additionalProperties=_SCALARS,
                default={},
            ),
            "body": anything(
                "Text is sent as it is, without a Content-Type unless headers gives one; anything "
                "else but null as JSON, as application/json."
            ),
            "form": mapping(
                "Sent as a form (application/x-www-form-urlencoded), instead of a body.",
                additionalProperties=_SCALARS,
            ),
            "auth": closed(
                {
                    "type": choice("How to authenticate.", "basic", "bearer"),
                    "username": string("Of basic."),
                    "password": string("Of basic.", **{"x-secret": True}),
                    "token": string("Of bearer.", **{"x-secret": True}),
                },
                required=["type"],
                description="Makes the Authorization header.",
                allOf=[
                    when("type", "basic", ["username", "password"]),
                    when("type", "bearer", ["token"]),
                ],
            ),
            "timeout": duration("From the first byte out to the last one in.", default=30),
            "followRedirects": boolean("Go where 3xx answers point.", default=True),
            "failOnStatus": boolean("Fail when the answer is not 2xx.", default=True),
        },
        required=["url"],
    ),
    output_schema=outputs(
        {
            "status_code": integer("The answer's status."),
            "body": anything(
                "Decoded when it is JSON, else text; base64 when it is no text, or compressed in a "
                "way that is not known."
            ),
            "bodyEncoding": choice("What the body is given as.", "json", "text", "base64"),
            "headers": mapping(
                "The answer's headers, their names in lower case, as text; what is there several "
                "times is joined by commas, but several cookies (`set-cookie`) are a list."
            ),
            "durationMs": integer("Milliseconds that it took, redirects included."),
        }
    ),
    idempotent=False,
    icon="globe",
)

PLUGINS = (http_request(HttpRequest()),)
