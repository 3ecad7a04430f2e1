"""Time zones come from the package that is shipped, whatever the machine has."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.messages import InvalidValueError
from shared.zones import zone_named, zone_names


def test_each_zone_that_has_a_name_can_be_loaded() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    assert all(moment.astimezone(zone_named(name)) == moment for name in zone_names())


def test_a_machine_without_zones_has_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.TZPATH", ())
    ZoneInfo.clear_cache()

    assert zone_named("Europe/Berlin").key == "Europe/Berlin"


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "europe/berlin", "../zones", "x" * 10_000])
def test_a_name_of_no_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueError, match="unknown time zone"):
        zone_named(name)
