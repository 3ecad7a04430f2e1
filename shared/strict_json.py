"""JSON that every reader understands alike: no part of it is doubled, lost or left to taste."""

import json
import math
from collections.abc import Iterable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

from shared.json_text import Json
from shared.messages import InvalidValueError, Message

MAX_DEPTH = 100
MAX_DIGITS = 308
"""The digits of a whole number: every one of so many is less than the largest double."""

_SAFE_LENGTH = 15
"""The digits that every double keeps."""
_LONGEST_FLOAT = 1100
"""The characters of a double written out in full."""


def parse(text: str) -> Json:
    """Parse JSON whose values can be told again without a loss.

    Raises JSONDecodeError for what is no JSON, and InvalidValueError, a sentence about the text
    without its subject, for duplicate keys, NaN, numbers that a double cannot hold, lone
    surrogates, and nesting deeper than 100, so that nothing behind this can run out of stack.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object_of,
            parse_constant=_refuse_constant,
            parse_float=_parsed_float,
            parse_int=_parsed_int,
        )
    except RecursionError:
        raise InvalidValueError("is nested too deeply") from None
    if "\\u" in text:
        text_of(value)
    _check_depth(value, text)
    return value


def text_of(value: Json) -> str:
    """Write a value as compact JSON; InvalidValueError for what no JSON can hold."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        text.encode()
    except RecursionError:
        raise InvalidValueError("is nested too deeply") from None
    except UnicodeEncodeError:
        raise InvalidValueError("holds half of a surrogate pair") from None
    except (TypeError, ValueError):
        raise InvalidValueError("holds what is no JSON: NaN, Infinity or the like") from None
    return text


def whole_number(digits: str) -> int:
    """Read ASCII digits with or without a sign; InvalidValueError when they are too many."""
    if len(digits.lstrip("+-0")) > MAX_DIGITS:
        raise InvalidValueError(Message("{digits:40} is too large a number", digits=digits))
    return int(digits)


def decimal_number(digits: str) -> float:
    """Read a decimal number; InvalidValueError for one whose digits a double does not keep.

    Digits are kept when the double's own value, rounded to as many, gives the same ones: 0.1 is
    kept, and so is 0.10000000000000001, but not 9007199254740993.0.
    """
    number = float(digits)
    if math.isinf(number):
        raise InvalidValueError(Message("{digits:40} is too large a number", digits=digits))
    if repr(number) == digits or _keeps(number, digits):
        return number
    sentence = "{digits:40} cannot be held as a number, the nearest is {number}"
    raise InvalidValueError(Message(sentence, digits=digits, number=number))


def _keeps(number: float, digits: str) -> bool:
    if number == 0:
        return not any(digit in "123456789" for digit in digits.lower().partition("e")[0])
    if len(digits) > _LONGEST_FLOAT:
        return False
    written = Decimal(digits)
    places = len(written.as_tuple().digits)
    context = Context(prec=places, Emin=MIN_EMIN, Emax=MAX_EMAX)
    return Decimal(repr(number)) == written or context.create_decimal(Decimal(number)) == written


def _parsed_float(digits: str) -> float:
    # Short ones without an exponent, which is nearly all, are kept whatever they are.
    is_short = len(digits) <= _SAFE_LENGTH and "e" not in digits and "E" not in digits
    try:
        return float(digits) if is_short else decimal_number(digits)
    except InvalidValueError as error:
        raise _not_valid(error) from None


def _parsed_int(digits: str) -> int:
    try:
        return int(digits) if len(digits) <= MAX_DIGITS else whole_number(digits)
    except InvalidValueError as error:
        raise _not_valid(error) from None


def _refuse_constant(name: str) -> Json:
    raise _not_valid(InvalidValueError(Message("{name} is not a JSON number", name=name)))


def _object_of(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add() is None, which is the point
        shown = twice.encode(errors="replace").decode()
        message = Message('the key "{key}" occurs twice in one object', key=shown)
        raise _not_valid(InvalidValueError(message))
    return value


def _not_valid(error: InvalidValueError) -> InvalidValueError:
    return InvalidValueError(Message("is not valid JSON: {why}", why=error.message))


def _check_depth(value: Json, text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise InvalidValueError("is nested too deeply")


def _children(value: Json) -> Iterable[Json]:
    if not isinstance(value, dict | list):
        return ()
    inner = value.values() if isinstance(value, dict) else value
    return [child for child in inner if isinstance(child, dict | list)]
