"""The parts of a time and their texts: English names, and no locale of any machine.

The C library's strftime takes widths (`%999999999Y`) and differs between platforms.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.expressions.errors import TemplateError

Part = Callable[[datetime], str]


class Piece(NamedTuple):
    """A piece of a layout: the code of a part, or without one a text that stays."""

    code: str | None
    text: str


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = (
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
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _offset(colon: str, zero: str = "", *, is_short: bool = False) -> Part:
    """Write the distance from UTC; as `zero` where there is none, in hours where that is all."""

    def write(moment: datetime) -> str:
        distance = moment.utcoffset() or timedelta()
        if not distance and zero:
            return zero
        hours, minutes = divmod(abs(distance) // timedelta(minutes=1), 60)
        sign = "-" if distance < timedelta() else "+"
        if is_short and not minutes:
            return f"{sign}{hours:02d}"
        return f"{sign}{hours:02d}{colon}{minutes:02d}"

    return write


def _with_seconds(write: Part, colon: str) -> Part:
    """Add seconds, of which an offset has none: `moments` rounds it."""
    return lambda moment: "Z" if (text := write(moment)) == "Z" else f"{text}{colon}00"


def _fraction(digits: int, *, is_trimmed: bool = False) -> Part:
    def write(moment: datetime) -> str:
        text = f"{moment.microsecond:06d}000"[:digits]
        trimmed = text.rstrip("0")
        return (f".{trimmed}" if trimmed else "") if is_trimmed else text

    return write


def _abbreviation(moment: datetime) -> str:
    if isinstance(moment.tzinfo, timezone):
        return "UTC" if not moment.utcoffset() else _offset(":")(moment)
    return moment.tzname() or ""


def _zone(moment: datetime) -> str:
    zone = moment.tzinfo
    return str(zone.key) if isinstance(zone, ZoneInfo) else _abbreviation(moment)


def _utc(moment: datetime) -> str:
    if moment.utcoffset():
        raise TemplateError(
            "the layout ends the time with Z, which says UTC, but its offset is another: "
            'name the zone "UTC", or write the offset'
        )
    return "Z"


def _week(first_day: int) -> Part:
    """Count weeks from the year's first day `first_day` (0 is Monday); the days before are 00."""

    def write(moment: datetime) -> str:
        since = (moment.weekday() - first_day) % 7
        return f"{(moment.timetuple().tm_yday + 6 - since) // 7:02d}"

    return write


PARTS: Mapping[str, Part] = {
    "Y": lambda moment: f"{moment.year:04d}",
    "C": lambda moment: f"{moment.year // 100:02d}",
    "y": lambda moment: f"{moment.year % 100:02d}",
    "G": lambda moment: f"{moment.isocalendar().year:04d}",
    "g": lambda moment: f"{moment.isocalendar().year % 100:02d}",
    "era": lambda _: "AD",
    "q": lambda moment: str((moment.month + 2) // 3),
    "m": lambda moment: f"{moment.month:02d}",
    "B": lambda moment: MONTHS[moment.month - 1],
    "b": lambda moment: MONTHS[moment.month - 1][:3],
    "d": lambda moment: f"{moment.day:02d}",
    "e": lambda moment: f"{moment.day:2d}",
    "j": lambda moment: f"{moment.timetuple().tm_yday:03d}",
    "__j": lambda moment: f"{moment.timetuple().tm_yday:3d}",
    "A": lambda moment: DAYS[moment.weekday()],
    "a": lambda moment: DAYS[moment.weekday()][:3],
    "u": lambda moment: str(moment.isoweekday()),
    "w": lambda moment: str(moment.isoweekday() % 7),
    "V": lambda moment: f"{moment.isocalendar().week:02d}",
    "U": _week(6),
    "W": _week(0),
    "H": lambda moment: f"{moment.hour:02d}",
    "k": lambda moment: f"{moment.hour:2d}",
    "kk": lambda moment: f"{moment.hour or 24:02d}",
    "I": lambda moment: f"{moment.hour % 12 or 12:02d}",
    "l": lambda moment: f"{moment.hour % 12 or 12:2d}",
    "KK": lambda moment: f"{moment.hour % 12:02d}",
    "M": lambda moment: f"{moment.minute:02d}",
    "S": lambda moment: f"{moment.second:02d}",
    "p": lambda moment: "AM" if moment.hour < 12 else "PM",
    "P": lambda moment: "am" if moment.hour < 12 else "pm",
    **{f"f{digits}": _fraction(digits) for digits in range(1, 10)},
    **{f"t{digits}": _fraction(digits, is_trimmed=True) for digits in range(1, 10)},
    "z": _offset(""),
    ":z": _offset(":"),
    "z:s": _with_seconds(_offset(":"), ":"),
    "zs": _with_seconds(_offset(""), ""),
    "zh": _offset("", is_short=True),
    "Zz": _offset("", "Z"),
    "Z:z": _offset(":", "Z"),
    "Z:zs": _with_seconds(_offset(":", "Z"), ":"),
    "Zzs": _with_seconds(_offset("", "Z"), ""),
    "Zzh": _offset("", "Z", is_short=True),
    "Z": _abbreviation,
    "zone": _zone,
    "utc": _utc,
    "s": lambda moment: str((moment - _EPOCH) // timedelta(seconds=1)),
}
"""By their letters in strftime, where it has one. `-` before a number leaves its zeros out."""

_CLOCK = frozenset(
    {"H", "k", "kk", "M", "S", *(f"{kind}{n}" for kind in "ft" for n in range(1, 10))}
)


def is_clock(code: str | None) -> bool:
    """Tell whether a part is one after which a Z says that the clock is UTC's."""
    return code is not None and code.removeprefix("-") in _CLOCK


def written(piece: Piece, moment: datetime) -> str:
    """Write one piece of a layout."""
    if piece.code is None:
        return piece.text
    if piece.code.startswith("-"):
        return PARTS[piece.code[1:]](moment).lstrip("0 ") or "0"
    return PARTS[piece.code](moment)
