"""`date` and `dateadd`, with layouts of strftime, of Go, or of pattern letters, and zones."""

from collections.abc import Callable, Mapping

from shared.expressions.errors import TemplateError
from shared.expressions.layouts.choice import write
from shared.expressions.limits import MAX_NAME_LENGTH
from shared.expressions.moments import added, in_minutes, in_zone, moment_of, unit_named
from shared.expressions.scope import Run
from shared.expressions.values import Json, scalar_text
from shared.field_paths import ABSENT
from shared.times import to_local_rfc3339


def date(run: Run, value: Json, /, layout: Json = ABSENT, zone: Json = ABSENT) -> str:
    """Write a time as `%Y-%m-%d`, `2006-01-02` or `yyyy-MM-dd`; without a layout as RFC 3339.

    In its own offset, or by the clock of an IANA zone.
    """
    moment = in_minutes(in_zone(moment_of(value), zone))
    if layout is ABSENT:
        return to_local_rfc3339(moment)
    wanted = _layout(layout)
    run.charge(10 * len(wanted))
    return write(moment, wanted)


def _layout(value: Json) -> str:
    layout = scalar_text(value)
    if len(layout) > MAX_NAME_LENGTH:
        raise TemplateError(f"a layout has at most {MAX_NAME_LENGTH} characters")
    return layout


def dateadd(_: Run, value: Json, /, n: Json, unit: Json, zone: Json = ABSENT) -> str:
    """Add `n` milliseconds, seconds, minutes, hours, days, weeks, months or years; RFC 3339.

    Days and longer units keep the wall clock: of an IANA zone, or without one of its own offset.
    """
    moment = in_zone(moment_of(value), zone)
    return to_local_rfc3339(in_minutes(added(moment, n, unit_named(unit))))


DATES: Mapping[str, Callable[..., Json]] = {"date": date, "dateadd": dateadd}
