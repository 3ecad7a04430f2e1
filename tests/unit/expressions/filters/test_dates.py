"""Filters of times, with the arguments of Jinja2 and ours."""

import pytest

from tests.support.filters import render


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'2024-02-03' | date", "2024-02-03T00:00:00Z"),
        ("'2024-02-03T04:05:06.789+02:00' | date", "2024-02-03T04:05:06+02:00"),
        ("1706933106 | date('%Y-%m-%d %H:%M:%S')", "2024-02-03 04:05:06"),
        ("1706933106789 | date('%T.%L %f %s %%')", "04:05:06.789 789000 1706933106 %"),
        ("'2024-02-03T16:05:06Z' | date('%A %a %B %b %-d/%-m/%y %I %-I %p %j %e %u %Z %z %:z %F')",
         "Saturday Sat February Feb 3/2/24 04 4 PM 034  3 6 UTC +0000 +00:00 2024-02-03"),
        ("'2024-02-03T16:05:06Z' | date('%-H%-M%-S%X')", "1656Z"),
        ("'2024-02-03T16:05:06Z' | date('2006-01-02 15:04:05 Monday Jan _2 3PM .000 Z07:00')",
         "2024-02-03 16:05:06 Saturday Feb  3 4PM .000 Z"),
        ("'2024-02-03T16:05:06.5Z' | date(\"EEEE d MMMM yyyy, h:mm a 'o''clock' SSS\")",
         "Saturday 3 February 2024, 4:05 PM o'clock 500"),
        ("'2024-02-03T04:05:06-03:30' | date('YYYY-MM-DDTHH:mm:ssZ z')",
         "2024-02-03T04:05:06-03:30 -03:30"),
        ("'2024-01-31' | dateadd(1, 'months')", "2024-02-29T00:00:00Z"),
        ("'2024-02-29' | dateadd(-1, 'year')", "2023-02-28T00:00:00Z"),
        ("'2024-02-03T00:00:00.250Z' | dateadd(1.5, 'days')", "2024-02-04T12:00:00.250Z"),
        ("'2024-02-03T00:00:00+01:00' | dateadd(90, 'minutes')", "2024-02-03T01:30:00+01:00"),
        ("now() | dateadd(1, 'h')", "2026-01-01T01:00:00Z"),
        ("now() | dateadd(5, 'ms')", "2026-01-01T00:00:00.005Z"),
    ],
)  # fmt: skip
def test_date_filters(expression: str, expected: str) -> None:
    assert render(expression) == expected
