"""Laws of durations: what is written is read back, and nothing but ValueError is raised."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.durations import MAX_DURATION, format_duration, parse_duration


@given(st.timedeltas(min_value=timedelta(0), max_value=MAX_DURATION))
def test_what_is_written_is_read_back(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@given(st.text() | st.integers() | st.floats() | st.text("0123456789.PTWDHMSdhms-", max_size=12))
def test_anything_is_read_or_refused_with_a_sentence(written: float | str) -> None:
    try:
        duration = parse_duration(written)
    except ValueError as refusal:
        assert str(refusal)  # noqa: PT017 - either outcome is fine, a crash is not
    else:
        assert timedelta(0) <= duration <= MAX_DURATION
