"""Times that expressions read and reckon with: by the clock, or by the calendar of a zone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from shared.expressions.errors import TemplateError
from shared.expressions.scope import finite
from shared.expressions.values import Json, is_number, kind, scalar_text
from shared.field_paths import ABSENT
from shared.json_text import whole_number
from shared.messages import InvalidValueError, Message
from shared.zones import zone_named

_MILLISECONDS_FROM = 1e11
"""A number of seconds after 1970 that is larger than this (the year 5138) is of milliseconds."""
_OUTSIDE = "the time is outside the years 1 to 9999"
UNITS: Mapping[str, tuple[str, ...]] = {
    "milliseconds": ("ms", "millis", "millisecond"),
    "seconds": ("s", "sec", "second"),
    "minutes": ("m", "min", "minute"),
    "hours": ("h", "hour"),
    "days": ("d", "day"),
    "weeks": ("w", "week"),
    "months": ("M", "month"),
    "years": ("y", "year"),
}
"""Units and their other names; a single letter, `ms` among them, is as it is written here."""
_UNIT_OF = {name: unit for unit, names in UNITS.items() for name in (unit, *names)}
_LONGEST_LETTERS = 2


def moment_of(value: Json) -> datetime:
    """Read RFC 3339 text, a date, or seconds or milliseconds since 1970; UTC unless it says."""
    try:
        if type(value) is str:
            moment = datetime.fromisoformat(value.strip())
            return in_minutes(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        if is_number(value) and type(value) is not bool:
            seconds = finite(value) / (1000 if abs(value) > _MILLISECONDS_FROM else 1)
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        raise _not_a_time(value) from None
    raise TemplateError(f"expected a time, not {kind(value)}")


def _not_a_time(value: Json) -> TemplateError:
    if type(value) is not str:
        return TemplateError("the number is not a time")
    sentence = '"{value:80}" is not a time: those are written 2026-01-31 or 2026-01-31T12:00:00Z'
    return TemplateError(Message(sentence, value=value))


def in_minutes(moment: datetime) -> datetime:
    """Round an offset to minutes, as the local times before zones need: RFC 3339 has no seconds."""
    minute = timedelta(minutes=1)
    offset = moment.utcoffset() or timedelta()
    if not offset % minute:
        return moment
    return moment.astimezone(timezone((offset + minute / 2) // minute * minute))


def in_zone(moment: datetime, zone: Json) -> datetime:
    """Return the same instant by the clock of an IANA zone; by its own without one."""
    if zone is ABSENT:
        return moment
    if type(zone) is not str:
        raise TemplateError(f"a time zone is a name such as Europe/Berlin, not {kind(zone)}")
    try:
        return moment.astimezone(zone_named(zone))
    except InvalidValueError as error:
        raise TemplateError(error.message) from None
    except (OverflowError, ValueError):
        raise TemplateError(_OUTSIDE) from None


def unit_named(unit: Json) -> str:
    """Return the unit of a name; `M` is months and `m` minutes, words are in any case."""
    name = scalar_text(unit)
    found = _UNIT_OF.get(name if len(name) <= _LONGEST_LETTERS else name[:20].lower())
    if found is None:
        known = ", ".join(f"{names[0]} ({unit})" for unit, names in UNITS.items())
        raise TemplateError(
            Message(
                "dateadd knows no unit '{unit:20}'; it knows {known:1000}", unit=name, known=known
            )
        )
    return found


def added(moment: datetime, n: Json, unit: str) -> datetime:
    """Add `n` units: hours and shorter ones pass, longer ones turn the calendar's leaves.

    What passes after whole days is the rest of `n`. TemplateError outside the years 1 to 9999.
    """
    if not is_number(n) or type(n) is bool:
        raise TemplateError(f"dateadd needs a number, not {kind(n)}")
    try:
        if unit in ("months", "years"):
            return _on_the_calendar(moment, months=_whole(n) * (12 if unit == "years" else 1))
        if unit in ("days", "weeks"):
            days = n * (7 if unit == "weeks" else 1)
            later = _on_the_calendar(moment, days=int(days))
            return _passed(later, timedelta(days=days - int(days)))
        return _passed(moment, timedelta(**{unit: n}))
    except (OverflowError, ValueError):
        raise TemplateError(_OUTSIDE) from None


def _whole(n: Json) -> int:
    whole = whole_number(n)
    if whole is None:
        raise TemplateError("months and years are added whole")
    return whole


def _passed(moment: datetime, time: timedelta) -> datetime:
    return (moment.astimezone(UTC) + time).astimezone(moment.tzinfo)


def _on_the_calendar(moment: datetime, *, months: int = 0, days: int = 0) -> datetime:
    """Keep the wall clock; the 31st becomes the last day of a shorter month.

    A time that a zone skips is as much later as it skips. Of one that it has twice it is the
    second if the offset stays so, else the first.
    """
    wall = moment.replace(tzinfo=None)
    if months:
        number = wall.year * 12 + wall.month - 1 + months
        first = wall.replace(year=number // 12, month=number % 12 + 1, day=1)
        wall = first.replace(day=min(wall.day, _length(first)))
    wall += timedelta(days=days)
    first_time, second = (wall.replace(tzinfo=moment.tzinfo, fold=fold) for fold in (0, 1))
    is_twice = (first_time.utcoffset() or timedelta()) > (second.utcoffset() or timedelta())
    stays = is_twice and second.utcoffset() == moment.utcoffset()
    return (second if stays else first_time).astimezone(UTC).astimezone(moment.tzinfo)


def _length(first: datetime) -> int:
    """Return the days of a month, by its first."""
    if first.month == 12:
        return 31
    return (first.replace(month=first.month + 1) - first).days
