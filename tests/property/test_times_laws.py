"""Laws of times: what is written is read back, and texts have the order of their instants."""

from datetime import UTC, datetime, timedelta, timezone
from functools import cmp_to_key
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.expressions import Scope, parse_template
from shared.times import is_before, to_local_rfc3339
from shared.zones import zone_named, zone_names

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = st.sampled_from(sorted(zone_names()))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
INSTANTS = st.integers(0, 4_000_000_000_000_000).flatmap(
    lambda n: OFFSETS.map((datetime(1975, 1, 1, tzinfo=UTC) + timedelta(microseconds=n)).astimezone)
)
MILLISECONDS = INSTANTS.map(lambda each: each.replace(microsecond=each.microsecond // 1000 * 1000))


def value(expression: str, **roots: Any) -> Any:
    return parse_template("{{ " + expression + " }}").render(Scope(roots, "seed", NOW), "p")


@given(MILLISECONDS, ZONES)
def test_a_time_in_any_zone_is_the_same_instant(moment: datetime, zone: str) -> None:
    text = value("t | dateadd(0, 'days', zone)", t=to_local_rfc3339(moment), zone=zone)

    assert datetime.fromisoformat(text) == moment


@given(MILLISECONDS, ZONES, st.integers(-1000, 1000))
def test_days_keep_the_wall_clock_if_it_is_there(moment: datetime, zone: str, days: int) -> None:
    text, rules = to_local_rfc3339(moment), zone_named(zone)
    later = value("t | dateadd(n, 'd', zone)", t=text, n=days, zone=zone)

    wall = moment.astimezone(rules).replace(tzinfo=None) + timedelta(days=days)
    first, second = (wall.replace(tzinfo=rules, fold=fold) for fold in (0, 1))
    assert datetime.fromisoformat(later) in (first.astimezone(UTC), second.astimezone(UTC))
    is_there = first.astimezone(UTC).astimezone(rules).replace(tzinfo=None) == wall
    assert (datetime.fromisoformat(later).replace(tzinfo=None) == wall) == is_there


def _compared(one: str, other: str) -> int:
    return is_before(other, one) - is_before(one, other)


@given(st.lists(MILLISECONDS, max_size=20))
def test_texts_of_times_sort_as_their_instants(moments: list[datetime]) -> None:
    texts = [each.isoformat() for each in moments]

    found = value("texts | sort", texts=texts)

    assert [datetime.fromisoformat(each) for each in found] == sorted(moments)
    assert found == sorted(texts, key=cmp_to_key(_compared))


@given(INSTANTS, st.sampled_from(["%FT%T.%f%:z", "2006-01-02T15:04:05.000000Z07:00",
                                  "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"]))  # fmt: skip
def test_what_a_whole_layout_writes_is_the_same_time(moment: datetime, layout: str) -> None:
    assert datetime.fromisoformat(value("t | date(l)", t=moment.isoformat(), l=layout)) == moment
