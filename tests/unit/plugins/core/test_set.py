"""Setting values."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.plugins import run_plugin


def test_set_gives_each_key_of_its_values() -> None:
    assert run_plugin("core.set", {"values": {"a": 1, "b": [2]}}) == {"a": 1, "b": [2]}


@pytest.mark.parametrize("properties", [{}, {"values": []}, {"values": {}, "x": 1}])
def test_set_takes_a_map_and_nothing_else(properties: dict[str, Any]) -> None:
    with pytest.raises(PluginError):
        run_plugin("core.set", properties)
