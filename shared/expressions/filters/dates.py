"""`date` and `dateadd`, with layouts of strftime, of Go, or of pattern letters.

The C library's strftime takes widths (`%999999999Y`) and differs between platforms.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from shared.expressions.errors import TemplateError
from shared.expressions.functions import whole
from shared.expressions.limits import MAX_NAME_LENGTH
from shared.expressions.scope import Run, finite
from shared.expressions.values import Json, is_number, kind, scalar_text
from shared.messages import Message

_MILLISECONDS_FROM = 1e11
"""A number of seconds after 1970 that is larger than this (the year 5138) is of milliseconds."""
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_UNITS = {
    "milliseconds": ("ms", "millis", "millisecond"),
    "seconds": ("s", "second"),
    "minutes": ("m", "minute"),
    "hours": ("h", "hour"),
    "days": ("d", "day"),
    "weeks": ("w", "week"),
    "months": ("month",),
    "years": ("y", "year"),
}
_UNIT_OF = {name: unit for unit, names in _UNITS.items() for name in (unit, *names)}


def _offset(moment: datetime) -> str:
    written = moment.strftime("%z")
    return f"{written[:3]}:{written[3:5]}"


_PIECES: Mapping[str, Callable[[datetime], str]] = {
    "Y": lambda moment: f"{moment.year:04d}",
    "y": lambda moment: f"{moment.year % 100:02d}",
    "m": lambda moment: f"{moment.month:02d}",
    "-m": lambda moment: str(moment.month),
    "B": lambda moment: _MONTHS[moment.month - 1],
    "b": lambda moment: _MONTHS[moment.month - 1][:3],
    "d": lambda moment: f"{moment.day:02d}",
    "-d": lambda moment: str(moment.day),
    "e": lambda moment: f"{moment.day:2d}",
    "j": lambda moment: f"{moment.timetuple().tm_yday:03d}",
    "A": lambda moment: _DAYS[moment.weekday()],
    "a": lambda moment: _DAYS[moment.weekday()][:3],
    "u": lambda moment: str(moment.isoweekday()),
    "H": lambda moment: f"{moment.hour:02d}",
    "-H": lambda moment: str(moment.hour),
    "I": lambda moment: f"{moment.hour % 12 or 12:02d}",
    "-I": lambda moment: str(moment.hour % 12 or 12),
    "M": lambda moment: f"{moment.minute:02d}",
    "-M": lambda moment: str(moment.minute),
    "S": lambda moment: f"{moment.second:02d}",
    "-S": lambda moment: str(moment.second),
    "p": lambda moment: "AM" if moment.hour < 12 else "PM",
    "f": lambda moment: f"{moment.microsecond:06d}",
    "L": lambda moment: f"{moment.microsecond // 1000:03d}",
    "z": lambda moment: _offset(moment).replace(":", ""),
    ":z": _offset,
    "Z": lambda moment: "UTC" if not moment.utcoffset() else _offset(moment),
    "X": lambda moment: "Z" if not moment.utcoffset() else _offset(moment),
    "s": lambda moment: str(int(moment.timestamp())),
    "F": lambda moment: moment.date().isoformat(),
    "T": lambda moment: moment.time().isoformat("seconds"),
}
_GO = {
    "2006": "Y", "06": "y", "January": "B", "Jan": "b", "01": "m", "02": "d", "_2": "e",
    "Monday": "A", "Mon": "a", "15": "H", "03": "I", "04": "M", "05": "S", "PM": "p",
    ".000000": "f", ".000": "L", "Z07:00": "X", "-07:00": ":z", "-0700": "z", "MST": "Z",
    "1": "-m", "2": "-d", "3": "-I", "4": "-M", "5": "-S",
}  # fmt: skip
_LETTERS = {
    "yyyy": "Y", "YYYY": "Y", "yy": "y", "YY": "y", "MMMM": "B", "MMM": "b", "MM": "m", "M": "-m",
    "dd": "d", "DD": "d", "d": "-d", "D": "-d", "EEEE": "A", "dddd": "A", "EEE": "a", "ddd": "a",
    "HH": "H", "H": "-H", "hh": "I", "h": "-I", "mm": "M", "m": "-M", "ss": "S", "s": "-S",
    "SSS": "L", "SSSSSS": "f", "a": "p", "A": "p", "Z": "X", "X": "X", "XXX": "X", "z": "Z",
    "T": None,
}  # fmt: skip
_GO_TOKEN = re.compile("|".join(re.escape(token) for token in sorted(_GO, key=len, reverse=True)))
_LETTER_TOKEN = re.compile(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)")
_PERCENT_TOKEN = re.compile(r"%([-:]?[A-Za-z]|%)")


def date(_: Run, value: Json, /, layout: Json = "yyyy-MM-dd'T'HH:mm:ssZ") -> str:
    """Write a time, in its own offset, as `%Y-%m-%d`, `2006-01-02` or `yyyy-MM-dd`."""
    moment, wanted = _moment(value), _layout(layout)
    if "%" in wanted:
        return _PERCENT_TOKEN.sub(lambda found: _percent(found[1], moment), wanted)
    if "2006" in wanted or "15:04" in wanted:
        return _GO_TOKEN.sub(lambda found: _go(found[0], moment), wanted)
    return _LETTER_TOKEN.sub(lambda found: _letters(found, moment), wanted)


def _layout(value: Json) -> str:
    layout = scalar_text(value)
    if len(layout) > MAX_NAME_LENGTH:
        raise TemplateError(f"a layout has at most {MAX_NAME_LENGTH} characters")
    return layout


def _percent(code: str, moment: datetime) -> str:
    if code == "%":
        return code
    piece = _PIECES.get(code)
    if piece is None:
        raise TemplateError(Message("date knows no %{code}", code=code))
    return piece(moment)


def _go(token: str, moment: datetime) -> str:
    point = "." if token.startswith(".") else ""
    return point + _PIECES[_GO[token]](moment)


def _letters(found: re.Match[str], moment: datetime) -> str:
    if found[1] is not None:
        return found[1].replace("''", "'") or "'"
    if found[2] not in _LETTERS:
        raise TemplateError(
            Message(
                "date knows no '{letters:20}'; letters that stay go in quotes", letters=found[2]
            )
        )
    code = _LETTERS[found[2]]
    return _PIECES[code](moment) if code else found[2]


def dateadd(_: Run, value: Json, /, n: Json, unit: Json) -> str:
    """Add `n` seconds, minutes, hours, days, weeks, months or years; RFC 3339."""
    name = _UNIT_OF.get(scalar_text(unit)[:MAX_NAME_LENGTH].lower())
    if name is None or not is_number(n):
        raise TemplateError("dateadd needs a number and a unit such as days")
    try:
        moment = _added(_moment(value), finite(n), name)
    except (OverflowError, ValueError):
        raise TemplateError("the time is outside the years 1 to 9999") from None
    precision = "milliseconds" if moment.microsecond else "seconds"
    written = moment.isoformat(timespec=precision)
    return written.removesuffix("+00:00") + "Z" if not moment.utcoffset() else written


def _added(moment: datetime, n: Json, unit: str) -> datetime:
    if unit not in ("months", "years"):
        return moment + timedelta(**{unit: n})
    months = moment.year * 12 + moment.month - 1 + whole(n) * (12 if unit == "years" else 1)
    first = moment.replace(year=months // 12, month=months % 12 + 1, day=1)
    length = ((first + timedelta(days=31)).replace(day=1) - first).days
    return first.replace(day=min(moment.day, length))


def _moment(value: Json) -> datetime:
    """Read RFC 3339 text, a date, or seconds or milliseconds since 1970; UTC unless it says."""
    try:
        if type(value) is str:
            moment = datetime.fromisoformat(value.strip())
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if is_number(value):
            seconds = finite(value) / (1000 if abs(value) > _MILLISECONDS_FROM else 1)
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        raise TemplateError("the value is not a time") from None
    raise TemplateError(f"expected a time, not {kind(value)}")


DATES: Mapping[str, Callable[..., Json]] = {"date": date, "dateadd": dateadd}
