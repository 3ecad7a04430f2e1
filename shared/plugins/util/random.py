"""`util.random` draws values that repeat when an attempt is repeated."""

import random
import string
from collections.abc import Callable, Mapping
from typing import Any

from shared.json_schema.builders import (
    anything,
    array,
    choice,
    closed,
    integer,
    number,
    outputs,
    when,
)
from shared.json_schema.builders import string as text
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import invalid

_MAX_LENGTH = 10_000


def _random(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    source = random.Random(f"{context.scope.seed}/util.random")
    return {"result": _KINDS[properties.get("kind", "int")](properties, source)}


def _bounds(properties: Mapping[str, Any]) -> tuple[Any, Any]:
    least, most = properties.get("min", 0), properties.get("max", 100)
    if least > most:
        raise invalid("min must not be more than max")
    return least, most


def _int(properties: Mapping[str, Any], source: random.Random) -> int:
    least, most = _bounds(properties)
    if least != int(least) or most != int(most):
        raise invalid("min and max must be whole numbers for kind int")
    return source.randint(int(least), int(most))


def _float(properties: Mapping[str, Any], source: random.Random) -> float:
    least, most = _bounds(properties)
    share = source.random()
    return float(least) * (1 - share) + float(most) * share


def _string(properties: Mapping[str, Any], source: random.Random) -> str:
    charset = properties.get("charset", string.ascii_letters + string.digits)
    return "".join(source.choice(charset) for _ in range(int(properties.get("length", 16))))


def _choice(properties: Mapping[str, Any], source: random.Random) -> Any:
    return source.choice(properties["items"])


_KINDS: Mapping[str, Callable[[Mapping[str, Any], random.Random], Any]] = {
    "int": _int,
    "float": _float,
    "string": _string,
    "choice": _choice,
}

_BOUND = {"minimum": -(10**300), "maximum": 10**300}


PLUGINS = (
    Plugin(
        Manifest(
            id="util.random",
            name="Random",
            category="utility",
            description=(
                "Draws a number, a text or an item. It is the same when an attempt is repeated "
                "after a crash, and can be guessed: never use it as a secret."
            ),
            input_schema=closed(
                {
                    "kind": choice("What to draw.", *_KINDS, default="int"),
                    "min": number("int and float: the least.", default=0, **_BOUND),
                    "max": number("int and float: the most, included.", default=100, **_BOUND),
                    "length": integer(
                        "string: how many characters.", minimum=0, maximum=_MAX_LENGTH, default=16
                    ),
                    "charset": text(
                        "string: the characters; letters and digits without it.", minLength=1
                    ),
                    "items": array("choice: what to choose from.", minItems=1),
                },
                allOf=[when("kind", "choice", ["items"])],
            ),
            output_schema=outputs({"result": anything("What was drawn.")}),
            icon="dices",
        ),
        _random,
    ),
)
