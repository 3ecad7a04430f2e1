"""Filters of times: their layouts, units and zones."""

import pytest

from shared.expressions import TemplateError
from tests.support.filters import render


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'2024-02-03' | date", "2024-02-03T00:00:00.000Z"),
        ("'2024-02-03T04:05:06.789+02:00' | date", "2024-02-03T04:05:06.789+02:00"),
        ("1706933106 | date('%Y-%m-%d %H:%M:%S')", "2024-02-03 04:05:06"),
        ("1706933106789 | date('%T.%L %f %s %%')", "04:05:06.789 789000 1706933106 %"),
        ("'2024-02-03T16:05:06Z' | date('%A %a %B %b %-d/%-m/%y %I %-I %p %j %e %u %Z %z %:z %F')",
         "Saturday Sat February Feb 3/2/24 04 4 PM 034  3 6 UTC +0000 +00:00 2024-02-03"),
        ("'2024-02-03T16:05:06Z' | date('%-H%-M%-S %X')", "1656 16:05:06"),
        ("'2024-02-03T16:05:06Z' | date('2006-01-02 15:04:05 Monday Jan _2 3PM .000 Z07:00')",
         "2024-02-03 16:05:06 Saturday Feb  3 4PM .000 Z"),
        ("'2024-02-03T16:05:06.5Z' | date(\"EEEE d MMMM yyyy, h:mm a 'o''clock' SSS\")",
         "Saturday 3 February 2024, 4:05 PM o'clock 500"),
        ("'2024-02-03T04:05:06-03:30' | date('YYYY-MM-DDTHH:mm:ssZ z')",
         "2024-02-03T04:05:06-03:30 -03:30"),
        ("'2024-01-31' | dateadd(1, 'months')", "2024-02-29T00:00:00.000Z"),
        ("'2024-02-29' | dateadd(-1, 'year')", "2023-02-28T00:00:00.000Z"),
        ("'2024-02-03T00:00:00.250Z' | dateadd(1.5, 'days')", "2024-02-04T12:00:00.250Z"),
        ("'2024-02-03T00:00:00+01:00' | dateadd(90, 'minutes')", "2024-02-03T01:30:00.000+01:00"),
        ("now() | dateadd(1, 'h')", "2026-01-01T01:00:00.000Z"),
        ("now() | dateadd(5, 'ms')", "2026-01-01T00:00:00.005Z"),
    ],
)  # fmt: skip
def test_date_filters(expression: str, expected: str) -> None:
    assert render(expression) == expected


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("Jan 2, 2006 at 3:04pm", "Mar 5, 2024 at 9:04am"),
        ("02/01/06", "05/03/24"),
        ("20060102150405", "20240305090405"),
        ("2006-01-02T15:04:05Z", "2024-03-05T09:04:05Z"),
        ("2006-01-02T15:04:05.999999999Z07:00", "2024-03-05T09:04:05.678Z"),
        ("Monday at noon, 15h04", "Tuesday at noon, 09h04"),
        ("2006年01月02日", "2024年03月05日"),
        ("yyyyMMddTHHmmss.SSS'Z'", "20240305T090405.678Z"),
        ("d/M/y", "5/3/2024"),
        ("D.M.YYYY", "5.3.2024"),
        ("yyyy-MM-'01'", "2024-03-01"),
        ("%Y-%m-%dT%H:%M:%SZ", "2024-03-05T09:04:05Z"),
        ("week %V of %G%n%-j%t%%", "week 10 of 2024\n65\t%"),
        ("%Y mass", "2024 mass"),
    ],
)
def test_a_layout_is_written_whole(layout: str, expected: str) -> None:
    assert render(f'"2024-03-05T09:04:05.678Z" | date("{layout}")') == expected


@pytest.mark.parametrize(
    ("layout", "reason"),
    [
        ("31.12.2023", "date knows no '31' in a layout of Go"),
        ("12/25/2006", "date knows no '12' in a layout of Go"),
        ("Feb 2, 2006", "date knows no 'Feb' in a layout of Go"),
        ("JAN 2006", "date knows no 'JAN' in a layout of Go"),
        ("3:04 Pm", "date knows no 'Pm' in a layout of Go"),
        ("2006-01-02 15:04 UTC", "date knows no 'UTC' in a layout of Go"),
        ("d.M.2006", "date knows no 'd' in a layout of Go"),
        ("2006-01-02T15:04:05+07:00", "date knows no '07' in a layout of Go"),
        ("yyyy-01-02", "date knows no '01'"),
        ("yyyy-MM-dd at HH", "date knows no 't'"),
        ("QQQQ yyyy", "date knows no 'QQQQ'"),
        ("yyyy-MM-dd'T", "what stays goes in quotes"),
        ("[at] HH", "date knows no '['"),
        ("%Y-MM-dd", "the layout is half of strftime and half of letters such as yyyy"),
        ("%Q", "date knows no '%Q'; it knows %% %:z %A"),
        ("qq", "date knows no 'qq'; what stays goes in quotes: it knows G yyyy"),
        ("%5Y", "date knows no '%5'"),
        ("%Ey", "date knows no '%E'"),
        ("%-B", "date knows no '%-B'"),
        ("%:d", "date knows no '%:d'"),
        ("%Y%", "date knows no '%'"),
        ("", "the layout has no part of a time"),
        ("T", "the layout has no part of a time"),
        ("'yyyy'", "the layout has no part of a time"),
        ("%%", "the layout has no part of a time"),
    ],
)
def test_a_layout_with_a_part_that_is_not_known_is_refused(layout: str, reason: str) -> None:
    with pytest.raises(TemplateError) as refused:
        render(f'"2024-03-05T09:04:05Z" | date("{layout}")')

    assert reason in refused.value.message.unmasked()


@pytest.mark.parametrize(
    "layout", ["2006-01-02T15:04:05Z", "%FT%TZ", "yyyy-MM-dd'T'HH:mm:ss'Z'", "15:04:05.000Z"]
)
def test_a_z_that_would_be_wrong_is_refused(layout: str) -> None:
    with pytest.raises(TemplateError, match="which says UTC, but its offset is another"):
        render(f'"2024-03-05T09:04:05Z" | date("{layout}", "Europe/Berlin")')

    assert render(f'"2024-03-05T10:04:05+01:00" | date("{layout}", "UTC")').endswith("Z")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'2024-01-31T10:00:00Z' | dateadd(1, 'M')", "2024-02-29T10:00:00.000Z"),
        ("'2024-01-31T10:00:00Z' | dateadd(1, 'm')", "2024-01-31T10:01:00.000Z"),
        ("'2024-01-31T10:00:00Z' | dateadd(1.0, 'Months')", "2024-02-29T10:00:00.000Z"),
        ("'2024-01-31T10:00:00Z' | dateadd(-500, 'ms')", "2024-01-31T09:59:59.500Z"),
        ("'9999-11-30' | dateadd(1, 'months')", "9999-12-30T00:00:00.000Z"),
        ("now('Asia/Kolkata')", "2026-01-01T05:30:00.000+05:30"),
        ("now(zone='America/New_York')", "2025-12-31T19:00:00.000-05:00"),
        ("now('Europe/London')", "2026-01-01T00:00:00.000Z"),
        ("now() | date(zone='Europe/Paris')", "2026-01-01T01:00:00.000+01:00"),
        ("'2026-10-25T02:30:00+01:00' | dateadd(0, 'd', 'Europe/Berlin')",
         "2026-10-25T02:30:00.000+01:00"),
        ("'2026-10-25T00:30:00Z' | dateadd(60, 'min', 'Europe/Berlin')",
         "2026-10-25T02:30:00.000+01:00"),
        ("'2026-03-30T02:30:00+02:00' | dateadd(-1, 'day', 'Europe/Berlin')",
         "2026-03-29T03:30:00.000+02:00"),
        ("'2026-02-28T01:30:00Z' | dateadd(1, 'month', 'Europe/Berlin')",
         "2026-03-28T02:30:00.000+01:00"),
        ("'2026-03-28T12:00:00Z' | dateadd(1.5, 'days', 'Europe/Berlin')",
         "2026-03-30T01:00:00.000+02:00"),
        ("'2026-03-28T12:00:00Z' | dateadd(-0.5, 'weeks', 'UTC')", "2026-03-25T00:00:00.000Z"),
        ("'2011-12-29T12:00:00-10:00' | dateadd(1, 'day', 'Pacific/Apia')",
         "2011-12-31T12:00:00.000+14:00"),
        ("'1880-01-01' | date(zone='Europe/Berlin')", "1880-01-01T00:53:00.000+00:53"),
        ("'1880-01-01' | dateadd(100, 'years', 'Europe/Berlin')", "1980-01-01T00:53:28.000+01:00"),
        ("-1.5 | date('%s')", "-2"),
    ],
)  # fmt: skip
def test_units_and_zones_are_what_they_are_called(expression: str, expected: str) -> None:
    assert render(expression) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("now() | dateadd(1, 'D')", "dateadd knows no unit 'D'; it knows ms (milliseconds), s"),
        ("now() | dateadd(1, 'eons')", "dateadd knows no unit 'eons'"),
        ("now() | dateadd(1, 'MS')", "dateadd knows no unit 'MS'"),
        ("now() | dateadd(1, '')", "dateadd knows no unit ''"),
        ("now() | dateadd(1, 'mo')", "dateadd knows no unit 'mo'"),
        ("now() | dateadd(true, 'd')", "dateadd needs a number, not a boolean"),
        ("now() | dateadd(1.5, 'years')", "months and years are added whole"),
        ("true | date", "expected a time, not a boolean"),
        ("now() | date('yyyy', 'berlin')",
         'unknown time zone "berlin", did you mean "Europe/Berlin"?'),
        ("now('europe/berlin')",
         'unknown time zone "europe/berlin", did you mean "Europe/Berlin"?'),
        ("now('New York')", 'unknown time zone "New York", did you mean "America/New_York"?'),
        ("now('+02:00')", 'unknown time zone "+02:00": write an IANA name such as Europe/Berlin'),
        ("now('../zones')", 'unknown time zone "../zones"'),
        ("now('')", 'unknown time zone ""'),
        ("now(none)", "a time zone is a name such as Europe/Berlin, not null"),
        ("now() | dateadd(1, 'd', 2)", "a time zone is a name such as Europe/Berlin, not a number"),
        ("'9999-12-31T23:00:00Z' | date('yyyy', 'Asia/Tokyo')",
         "the time is outside the years 1 to 9999"),
        ("'0001-01-01' | dateadd(0, 'd', 'America/New_York')",
         "the time is outside the years 1 to 9999"),
        ("'9999-12-31' | dateadd(1, 'months')", "the time is outside the years 1 to 9999"),
    ],
)  # fmt: skip
def test_units_and_zones_that_are_not_known_are_refused(expression: str, reason: str) -> None:
    with pytest.raises(TemplateError) as refused:
        render(expression)

    assert reason in refused.value.message.unmasked()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'2024-01-01T00:00:00Z' < '2024-01-01T00:00:00.500Z'", True),
        ("'2024-01-01T10:00:00+05:00' < '2024-01-01T06:00:00Z'", True),
        ("'2024-01-01T10:00:00+05:00' >= '2024-01-01T05:00:00.000Z'", True),
        ("'2024-01-01T00:00:00.123456789Z' > '2024-01-01T00:00:00.123456788Z'", True),
        ("'2024-01-01T10:00:00' < '2024-01-01T06:00:00Z'", False),
        ("'2024-02-30T10:00:00+05:00' < '2024-02-30T06:00:00Z'", False),
        ("['2024-01-01T00:00:00.5Z', '2024-01-01T00:00:00Z', '2024-01-01T01:00:00+02:00'] | sort",
         ["2024-01-01T01:00:00+02:00", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.5Z"]),
        ("['2024-01-01T00:00:00.5Z', '2024-01-01T00:00:00Z'] | max", "2024-01-01T00:00:00.5Z"),
        ("['2024-01-01T00:00:00.5Z', '2024-01-01t00:00:00z'] | min", "2024-01-01t00:00:00z"),
        (("{'a': '2024-01-01T00:00:00.5Z', 'b': '2024-01-01T00:00:00Z'} | dictsort(by='value')"
         " | map('first')"), ["b", "a"]),
        (("[{'n': 1, 't': '2024-01-01T00:00:00.5Z'}, {'n': 1, 't': '2024-01-01T00:00:00Z'}]"
         " | sort(attribute='n,t') | map(attribute='t')"),
         ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.5Z"]),
        ("['2024-01-01T00:00:00.5Z', 'b', '2024-01-01T00:00:00Z'] | sort",
         ["2024-01-01T00:00:00.5Z", "2024-01-01T00:00:00Z", "b"]),
    ],
)  # fmt: skip
def test_texts_of_times_are_ordered_as_times(expression: str, expected: object) -> None:
    assert render(expression) == expected
