"""Writing log lines."""

from typing import Any

import pytest

from tests.support.plugins import Lines, run_plugin, task_context


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
