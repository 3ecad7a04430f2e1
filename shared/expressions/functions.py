"""The functions an expression may call; what looks random or timely repeats with the attempt."""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC
from math import isfinite
from types import MappingProxyType
from typing import NoReturn

from shared.expressions.errors import TemplateError
from shared.expressions.moments import in_minutes, in_zone
from shared.expressions.scope import Run, finite
from shared.expressions.values import TOO_DEEP, Json, is_map, kind, utf8
from shared.field_paths import ABSENT
from shared.json_text import whole_number
from shared.messages import Message
from shared.times import to_local_rfc3339

_MOST_DIGITS = 310


def now(run: Run, /, zone: Json = ABSENT) -> str:
    """Return when the attempt began, in UTC or by the clock of an IANA zone."""
    return to_local_rfc3339(in_minutes(in_zone(run.scope.now.astimezone(UTC), zone)))


def new_uuid(run: Run, /) -> str:
    return str(uuid.UUID(int=run.draw() >> 128, version=4))


def random_int(run: Run, lo: Json, hi: Json, /) -> int:
    """Draw a whole number from `lo` to `hi`, both included."""
    low, high = whole(lo), whole(hi)
    if low > high:
        raise TemplateError("randomInt(lo, hi) needs lo <= hi")
    return low + run.draw() % (high - low + 1)


def whole(value: Json) -> int:
    """Take a whole number, 5.0 too, from text never."""
    found = whole_number(value)
    if found is None:
        raise TemplateError(f"expected a whole number, not {kind(value)}")
    number: int = finite(found)
    return number


def number_range(run: Run, start: Json, stop: Json = None, step: Json = 1, /) -> list[int]:
    """Count as Python's range does: `range(3)` is `[0, 1, 2]`."""
    first, last = (0, whole(start)) if stop is None else (whole(start), whole(stop))
    by = whole(step)
    if by == 0:
        raise TemplateError("range() needs a step that is not 0")
    # len() of a range overflows; each number has at least a digit and a comma.
    run.room(2 * ((last - first + by - (1 if by > 0 else -1)) // by))
    return list(range(first, last, by))


def length(_: Run, value: Json, /) -> int:
    if type(value) in (str, list) or is_map(value):
        return len(value)
    raise TemplateError(f"{kind(value)} has no length")


def from_json(run: Run, value: Json, /) -> Json:
    """Parse JSON text; what is no text any more passes, as bodies often are parsed already.

    One byte order mark before it is ignored.
    """
    if type(value) is not str:
        return value
    run.room(len(value))
    value = value.removeprefix("\ufeff")
    try:
        parsed = json.loads(
            value, parse_constant=_refuse_constant, parse_float=_float, parse_int=_integer
        )
    except RecursionError:
        raise TemplateError(TOO_DEEP) from None
    except ValueError:
        raise TemplateError("the text is not JSON") from None
    if "\\u" in value:
        utf8(json.dumps(parsed, ensure_ascii=False))
    return parsed


def _refuse_constant(name: str) -> NoReturn:
    raise TemplateError(Message("{name} is not JSON", name=name))


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise TemplateError("the number is too large")
    return number


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise TemplateError("the number has more than 308 digits")
    number: int = finite(int(digits))
    return number


def kv(run: Run, key: Json, namespace: Json = None, /) -> Json:
    """Read a key of the store, null if there is none; the namespace is the flow's if not said."""
    if run.scope.kv is None:
        raise TemplateError("kv() cannot be called here")
    if type(key) is not str:
        raise TemplateError(f"kv() needs a key that is a text, not {kind(key)}")
    if namespace is not None and type(namespace) is not str:
        raise TemplateError(f"kv() needs a namespace that is a text, not {kind(namespace)}")
    return run.bounded(run.scope.kv(key, namespace))


FUNCTIONS: Mapping[str, Callable[..., Json]] = MappingProxyType(
    {
        "now": now,
        "uuid": new_uuid,
        "kv": kv,
        "fromJson": from_json,
        "range": number_range,
        "randomInt": random_int,
        "len": length,
    }
)
