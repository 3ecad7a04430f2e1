"""Setting values and writing log lines."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.plugins import Lines, run_plugin, task_context


def test_set_gives_each_key_of_its_values() -> None:
    assert run_plugin("core.set", {"values": {"a": 1, "b": [2]}}) == {"a": 1, "b": [2]}


@pytest.mark.parametrize("properties", [{}, {"values": []}, {"values": {}, "x": 1}])
def test_set_takes_a_map_and_nothing_else(properties: dict[str, Any]) -> None:
    with pytest.raises(PluginError):
        run_plugin("core.set", properties)


@pytest.mark.parametrize(
    ("message", "line"),
    [("Good morning", "Good morning"), (4, "4"), (None, ""), ({"a": True}, '{"a":true}')],
)
def test_log_writes_a_line_and_returns_it(message: Any, line: str) -> None:
    lines = Lines()

    outputs = run_plugin("util.log", {"message": message}, task_context(log=lines))

    assert outputs == {"message": line}
    assert lines.written == [("INFO", line)]


def test_log_has_levels() -> None:
    lines = Lines()

    run_plugin("util.log", {"message": "x", "level": "ERROR"}, task_context(log=lines))

    assert lines.written == [("ERROR", "x")]
