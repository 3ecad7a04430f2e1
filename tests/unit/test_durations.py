"""Durations: every way to write one, and every way to get it wrong."""

from datetime import timedelta

import pytest

from shared.durations import format_duration, parse_duration
from tests.support.errors import told


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (0, timedelta(0)),
        (90, timedelta(seconds=90)),
        (1.5, timedelta(seconds=1.5)),
        ("90", timedelta(seconds=90)),
        ("0.25", timedelta(milliseconds=250)),
        ("500ms", timedelta(milliseconds=500)),
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("1h30m", timedelta(minutes=90)),
        (" 2d ", timedelta(days=2)),
        ("1w2d3h4m5s6ms", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5.006)),
        ("1.5h", timedelta(minutes=90)),
        ("PT30S", timedelta(seconds=30)),
        ("PT0.5S", timedelta(milliseconds=500)),
        ("P1DT2H", timedelta(days=1, hours=2)),
        ("P2W", timedelta(weeks=2)),
        ("36500d", timedelta(days=36500)),
    ],
)
def test_a_duration_is_read_however_it_is_written(
    written: float | str, expected: timedelta
) -> None:
    assert parse_duration(written) == expected


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", '"" is no duration: write 30, "500ms", "1h30m" or "PT30S"'),
        ("soon", '"soon" is no duration: write 30, "500ms", "1h30m" or "PT30S"'),
        ("30m1h", '"30m1h" is no duration: write 30, "500ms", "1h30m" or "PT30S"'),
        ("5 m", '"5 m" is no duration: write 30, "500ms", "1h30m" or "PT30S"'),
        ("P", '"P" is no duration: write 30, "500ms", "1h30m" or "PT30S"'),
        ("P1DT", '"P1DT" is no duration: write 30, "500ms", "1h30m" or "PT30S"'),
        ("٣s", '"٣s" is no duration: write 30, "500ms", "1h30m" or "PT30S"'),
        ("P1Y", '"P1Y": years and months vary in length, use days'),
        ("P3M", '"P3M": years and months vary in length, use days'),
        ("-5s", "a duration must not be negative"),
        (-1, "a duration must not be negative"),
        (-0.5, "a duration must not be negative"),
        (True, "true is no duration"),
        (float("nan"), "a duration must be a finite number of seconds"),
        (float("inf"), "a duration must be a finite number of seconds"),
        (10**400, "a duration must not be longer than 100 years"),
        (1e300, "a duration must not be longer than 100 years"),
        ("36501d", "a duration must not be longer than 100 years"),
        ("9" * 65, "a duration has at most 64 characters"),
    ],
)
def test_what_is_no_duration_is_refused_with_a_sentence(written: float | str, message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the message is compared below
        parse_duration(written)

    assert told(refusal.value) == message


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (timedelta(0), "0s"),
        (timedelta(milliseconds=500), "500ms"),
        (timedelta(microseconds=1), "0.001ms"),
        (timedelta(seconds=1.5), "1.5s"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(days=1, seconds=2), "1d2s"),
    ],
)
def test_a_duration_is_written_the_short_way(duration: timedelta, expected: str) -> None:
    assert format_duration(duration) == expected


def test_a_negative_duration_is_not_written() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        format_duration(timedelta(seconds=-1))
