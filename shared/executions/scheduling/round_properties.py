"""The properties of a `flow.loop`, rendered and checked, and whether a round is its last."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from shared.durations import parse_duration
from shared.executions.scheduling.rounds import Rounds
from shared.expressions import Scope, is_true, parse_expression, render_tree
from shared.flows.language.definition import RetryPolicy
from shared.json_text import Json
from shared.messages import Message, reason
from shared.plugins.flow.control import MAX_ROUNDS, USUAL_ROUNDS
from shared.plugins.sdk.plugin import PluginError

_SHAPES = ("constant", "exponential", "random")
_PACE_FIELDS = frozenset({"type", "delay", "maxDelay", "factor", "jitter"})


def read_rounds(properties: Mapping[str, Any], scope: Scope) -> Rounds:
    """Read the properties of a loop but `until`; TemplateError or PluginError if unreadable."""
    given = {name: value for name, value in properties.items() if name != "until"}
    rendered = cast("dict[str, Json]", render_tree(given, scope, "properties"))
    on_exhausted = rendered.get("onExhausted", "fail")
    if on_exhausted not in ("fail", "continue"):
        raise _wrong("onExhausted", "must be fail or continue")
    return Rounds(
        pace=_pace(rendered.get("interval")),
        limit=_limit(rendered.get("maxRounds", USUAL_ROUNDS)),
        fails_exhausted=on_exhausted == "fail",
    )


def is_last(properties: Mapping[str, Any], scope: Scope) -> bool:
    """Tell whether `until` holds; `scope` knows the outputs of the round that is over."""
    until = properties["until"]
    if isinstance(until, str):
        until = parse_expression(until).evaluate(scope, "properties.until")
    return is_true(until)


def _limit(value: Json) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_ROUNDS:
        raise _wrong("maxRounds", f"must be a whole number from 1 to {MAX_ROUNDS}")
    return value


def _pace(value: Json) -> RetryPolicy:
    """Read `interval`: a duration, or a retry object's fields of the delay; none is no pause."""
    if value is None:
        return RetryPolicy(max_attempts=1)
    if not isinstance(value, Mapping):
        return RetryPolicy(max_attempts=1, delay=_duration("interval", value))
    if value.keys() - _PACE_FIELDS or "delay" not in value:
        raise _wrong("interval", "takes delay, and type, maxDelay, factor, jitter")
    shape, given = _shape(value.get("type", "constant")), value.get("maxDelay")
    delay = _duration("interval.delay", value["delay"])
    longest = None if given is None else _duration("interval.maxDelay", given)
    if longest is None and shape == "random":
        raise _wrong("interval.type", "random needs maxDelay")
    if longest is not None and longest < delay:
        raise _wrong("interval.maxDelay", "is less than delay")
    return RetryPolicy(
        max_attempts=1,
        type=shape,
        delay=delay,
        max_delay=longest,
        factor=_factor(value.get("factor", 2)),
        jitter=is_true(value.get("jitter", False)),
    )


def _shape(value: Json) -> Any:
    if value not in _SHAPES:
        raise _wrong("interval.type", "must be constant, exponential or random")
    return value


def _factor(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 1:
        raise _wrong("interval.factor", "must be a number from 1")
    return value


def _duration(name: str, value: Json) -> timedelta:
    try:
        return parse_duration(value)
    except (ValueError, TypeError) as error:
        raise PluginError(
            Message("properties.{name}: {why}", name=Message.of(name), why=reason(error)),
            code="invalid_properties",
        ) from None


def _wrong(name: str, rule: str) -> PluginError:
    message = Message("properties.{name} {rule}", name=Message.of(name), rule=Message.of(rule))
    return PluginError(message, code="invalid_properties")
