"""The rules for a retry policy."""

import re

from shared.flows.language.definition import RetryPolicy
from shared.flows.source.report import Spot
from shared.flows.validation import fields, habits
from shared.flows.validation.fields import Field, read_fields
from shared.json_text import whole_number

_CODES = range(100, 600)
_REASON = re.compile(r"[1-5][0-9]{2}|[A-Za-z_][\w.-]*", re.ASCII)


def _reason(spot: Spot) -> int | str | None:
    """Read a status code of HTTP or an error's code."""
    value = spot.value
    status = whole_number(value)
    if status in _CODES:
        return status
    if isinstance(value, str) and _REASON.fullmatch(value):
        return value
    spot.refuse("must be a status code (100 to 599) or an error code")
    return None


def _reasons(spot: Spot) -> tuple[int | str, ...] | None:
    """Read what is repeated, exactly; a list that names nothing would forbid every repeat."""
    if spot.node.items == []:
        spot.refuse('names nothing; without "on" the usual failures are repeated')
    found: tuple[int | str, ...] | None = _LIST(spot)
    return found


_LIST = fields.list_of(_reason)
_FIELDS = {
    "maxAttempts": Field(fields.whole_number(least=1), is_required=True),
    "type": Field(fields.choice("constant", "exponential", "random")),
    "delay": Field(fields.duration),
    "maxDelay": Field(fields.duration),
    "factor": Field(fields.number(least=1)),
    "jitter": Field(fields.boolean),
    "maxDuration": Field(fields.some_duration),
    "on": Field(_reasons),
}
_SNAKE = {"maxAttempts": "max_attempts", "maxDelay": "max_delay", "maxDuration": "max_duration"}


def read_retry(spot: Spot) -> RetryPolicy | None:
    values = read_fields(spot, _FIELDS, habits.of_retry)
    if spot.node.entries is None:
        return None
    delay, longest = values.get("delay"), spot.entry("maxDelay")
    if values.get("type") == "random" and longest is None:
        spot.refuse('type random needs "maxDelay"')
    if delay and longest and values.get("maxDelay") is not None and values["maxDelay"] < delay:
        longest.refuse("maxDelay is less than delay")
    return RetryPolicy.model_construct(
        **{_SNAKE.get(key, key): value for key, value in values.items() if value is not None}
    )
