"""Durations as people write them (`90`, `500ms`, `1h30m`, `P1DT2H`), and back to text."""

import re
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from shared.messages import InvalidValueError, Message

MAX_DURATION: Final = timedelta(days=36_500)

_MAX_TEXT = 64
_MICROSECONDS: Final = MappingProxyType(
    {
        "w": 604_800_000_000,
        "d": 86_400_000_000,
        "h": 3_600_000_000,
        "m": 60_000_000,
        "s": 1_000_000,
        "ms": 1_000,
    }
)
_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_SECONDS = re.compile(_NUMBER)
_UNITS = re.compile("".join(f"(?:{_NUMBER}{unit})?" for unit in _MICROSECONDS))
_ISO = re.compile(
    rf"P(?:{_NUMBER}W)?(?:{_NUMBER}D)?(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)
_CALENDAR = re.compile(r"P[0-9.WD]*[0-9.]+[YM].*")


def parse_duration(value: float | str) -> timedelta:
    """Read a number of seconds, `500ms`-style text (units w d h m s ms, largest first) or ISO 8601.

    Years and months are refused because their length varies. Raises InvalidValueError
    when the text is no duration, is negative, or is longer than a hundred years.
    """
    if isinstance(value, bool):
        raise InvalidValueError(Message("{value} is no duration", value=value))
    microseconds = _of_text(value.strip()) if isinstance(value, str) else _of_number(value)
    if microseconds < 0:
        raise InvalidValueError("a duration must not be negative")
    if microseconds > MAX_DURATION // timedelta(microseconds=1):
        raise InvalidValueError("a duration must not be longer than 100 years")
    return timedelta(microseconds=int(microseconds.to_integral_value()))


def format_duration(duration: timedelta) -> str:
    """Write `1d2h30m`-style text that `parse_duration` reads back to the same duration."""
    rest = duration // timedelta(microseconds=1)
    if rest < 0:
        raise InvalidValueError("a duration must not be negative")
    parts = []
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, _MICROSECONDS[unit])
        parts.append(f"{count}{unit}" if count else "")
    if 0 < rest < _MICROSECONDS["s"]:
        parts.append(f"{_decimal(rest, 3)}ms")
    elif rest or not any(parts):
        parts.append(f"{_decimal(rest, 6)}s")
    return "".join(parts)


def _of_number(seconds: float) -> Decimal:
    number = Decimal(str(seconds)) if isinstance(seconds, float) else Decimal(seconds)
    if not number.is_finite():
        raise InvalidValueError("a duration must be a finite number of seconds")
    return number * _MICROSECONDS["s"]


def _of_text(text: str) -> Decimal:
    if text.startswith("-"):
        raise InvalidValueError("a duration must not be negative")
    if len(text) > _MAX_TEXT:
        raise InvalidValueError(f"a duration has at most {_MAX_TEXT} characters")
    if _SECONDS.fullmatch(text):
        return Decimal(text) * _MICROSECONDS["s"]
    if match := _UNITS.fullmatch(text):
        counts = match.groups()
    elif match := _ISO.fullmatch(text):
        counts = (*match.groups(), None)
    elif _CALENDAR.fullmatch(text):
        raise InvalidValueError(
            Message('"{text}": years and months vary in length, use days', text=text)
        )
    else:
        counts = ()
    if not any(counts):
        sentence = '"{text}" is no duration: write 30, "500ms", "1h30m" or "PT30S"'
        raise InvalidValueError(Message(sentence, text=text))
    pairs = zip(counts, _MICROSECONDS.values(), strict=True)
    return sum((Decimal(count) * unit for count, unit in pairs if count), Decimal(0))


def _decimal(microseconds: int, places: int) -> str:
    whole, fraction = divmod(microseconds, 10**places)
    return f"{whole}.{fraction:0{places}d}".rstrip("0").rstrip(".") if fraction else str(whole)
