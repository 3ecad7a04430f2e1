"""Ids and random values that repeat when an attempt is repeated after a crash."""

import hashlib
import random
import string
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from shared.plugins.plugin import Manifest, Plugin, TaskContext
from shared.plugins.shapes import anything, array, choice, closed, integer, number, outputs, when
from shared.plugins.shapes import string as text
from shared.plugins.values import invalid

_MOST_IDS = 1_000
_LONGEST = 10_000
_MILLISECONDS_MASK = (1 << 48) - 1


def _uuid(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    make = _uuid7 if properties.get("version") == 7 else _uuid4
    made = [str(make(context, index)) for index in range(int(properties.get("count", 1)))]
    return {"uuid": made[0], "uuids": made}


def _bits(context: TaskContext, index: int) -> int:
    seed = f"{context.scope.seed}/util.uuid/{index}"
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:16], "big")


def _uuid4(context: TaskContext, index: int) -> UUID:
    return UUID(int=_bits(context, index), version=4)


def _uuid7(context: TaskContext, index: int) -> UUID:
    """Time in milliseconds, then 7, then the index, so that the ids of one task are in order."""
    time = int(context.scope.now.timestamp() * 1000) & _MILLISECONDS_MASK
    variant = 0b10 << 62
    low = _bits(context, index) & ((1 << 62) - 1)
    return UUID(int=time << 80 | 7 << 76 | index << 64 | variant | low)


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
            id="util.uuid",
            name="UUID",
            category="utility",
            description=(
                "Makes UUIDs, random (4) or sortable by time (7). They are the same when an "
                "attempt is repeated after a crash, and can be guessed: never use one as a secret."
            ),
            input_schema=closed(
                {
                    "version": integer("4 or 7.", enum=[4, 7], default=4),
                    "count": integer("How many.", minimum=1, maximum=_MOST_IDS, default=1),
                }
            ),
            output_schema=outputs({"uuid": text("The first."), "uuids": array("All of them.")}),
            icon="id-card",
        ),
        _uuid,
    ),
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
                        "string: how many characters.", minimum=0, maximum=_LONGEST, default=16
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
