"""The table of bounds in the guide says what the constants are, and what `/info` answers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.health.handler import lambda_handler
from infra.grants import runner
from shared.config import settings
from shared.executions import inputs, limits, logs, task_runs
from shared.executions.engine import budget
from shared.executions.lifecycle import start
from shared.executions.scheduling import containers
from shared.executions.tasks import attempt_threads, in_flight, outcomes
from shared.expressions import limits as expressions
from shared.flows import records
from shared.flows.source import composer, reader
from shared.flows.validation import flow, tasks, templates
from shared.flows.validation import inputs as declared
from shared.http import bodies, paging
from shared.json_schema import builders
from shared.plugins.flow import control
from tests.support.api import call

GUIDE = (Path(__file__).parents[2] / "docs" / "flow-language.md").read_text("utf-8")
BUDGET = expressions.Budget()
BOUNDS = {
    "Body of a request; items of a page": (bodies.MAX_BODY_BYTES, paging.MAX_LIMIT),
    "Text, tasks, nesting": (reader.MAX_TEXT, tasks.MAX_TASKS, composer.MAX_DEPTH),
    "What aliases of a text expand to": (composer.MAX_EXPANSION,),
    "Inputs, of them SECRET; variables; different templates": (
        *(declared.MAX_INPUTS, declared.MAX_SECRETS),
        *(flow.MAX_VARIABLES, templates.MAX_TEMPLATES),
    ),
    "Pattern of an input; value of a SECRET input": (
        *(declared.MAX_PATTERN, declared._PATTERN_MEMORY),
        inputs.MAX_SECRET_BYTES,
    ),
    "One template": (
        *(expressions.MAX_SOURCE_BYTES, expressions.MAX_RESULT_BYTES),
        expressions.MAX_SECONDS,
    ),
    "In a template: a field's path": (
        *(expressions.MAX_PATH_STEPS, expressions.MAX_NAME_LENGTH),
        expressions.MAX_SORT_NAMES,
    ),
    "In a plugin: a field's path; a name": (
        *(builders.MAX_STEPS, builders.MAX_NAME, builders.MAX_NAME),
        *(builders.MAX_NAME, builders.MAX_PATTERN),
    ),
    "In a template: a `%` format; the layout of `date`": (
        *(expressions.MAX_SPECIFIERS, expressions.MAX_NAME_LENGTH),
    ),
    "In a template: what is compared; what has an order": (
        *(expressions.MAX_COMPARED_BYTES, expressions.MAX_KEYS_BYTES),
        expressions.MAX_ORDERED_DEPTH,
    ),
    "In a template: parameters that mean text": (),
    "All expressions of one task": (BUDGET._seconds, BUDGET._size),
    "Inputs of an execution, of them SECRET; labels of a flow, of a start": (
        *(bodies.MAX_BODY_BYTES, inputs.MAX_INPUT_BYTES, inputs.MAX_SECRETS_BYTES),
        records.MAX_LABEL_BYTES,
    ),
    "Outputs of a task or flow; of all tasks of an execution": (
        *(outcomes.MAX_OUTPUT_BYTES, limits.MAX_EXECUTION_BYTES),
    ),
    "Log of a task; of all tasks of an execution": (
        *(logs.MAX_LINES, task_runs.MAX_CHARACTERS, logs.MAX_TOTAL_BYTES),
        limits.MAX_EXECUTION_LOG_BYTES,
    ),
    "Tasks at a time": (attempt_threads.MAX_THREADS,),
    "Answers of HTTP calls of all tasks at a time": (in_flight.MAX_BYTES_IN_FLIGHT,),
    "Items of a `flow.foreach`; rounds of a `flow.loop`": (containers.MAX_ITEMS,),
    "One task": (runner.FUNCTION.seconds // 60, budget.RESERVE_SECONDS),
}
"""What each row says, in its order; a row is known by how it begins."""
IN_INFO = {
    "bodyBytes": ("Body of a request", 0),
    "pageSize": ("Body of a request", 1),
    "flowBytes": ("Text, tasks", 0),
    "tasks": ("Text, tasks", 1),
}
"""The limits of `/info` that the table names: the row, and the place in it."""
UNITS = {
    "KiB": 1024,
    "MiB": 1024**2,
    "KB": 1000,
    "MB": 1000**2,
}
QUANTITY = re.compile(r"(?<![\w`])(\d[\d,]*)(?: (KiB|MiB|KB|MB)\b)?")


def rows() -> Iterator[tuple[str, list[int]]]:
    table = GUIDE.partition("\n## Bounds\n")[2].partition("\n## ")[0]
    for what, bound in re.findall(r"^\| (.+?) \| (.+) \|$", table, re.MULTILINE)[1:]:
        found = QUANTITY.findall(bound)
        yield what, [int(digits.replace(",", "")) * UNITS.get(unit, 1) for digits, unit in found]


def bound(start_of_row: str) -> list[int]:
    [found] = [numbers for what, numbers in rows() if what.startswith(start_of_row)]
    return found


@pytest.mark.parametrize("row", BOUNDS)
def test_a_row_says_what_the_constants_are(row: str):
    assert bound(row) == list(BOUNDS[row])


def test_what_a_row_says_once_for_two_is_of_both():
    assert start.MAX_LABEL_BYTES == records.MAX_LABEL_BYTES
    assert control.MAX_ROUNDS == containers.MAX_ITEMS


def test_each_row_is_compared():
    assert [what for what, _ in rows() if not what.startswith(tuple(BOUNDS))] == []


def test_info_says_what_the_table_says(monkeypatch: pytest.MonkeyPatch):
    settings.cache_clear()
    monkeypatch.setenv("HEADRACE_STAGE", "dev")
    monkeypatch.setenv("HEADRACE_AUTH", "off")

    told = call(lambda_handler, "GET", "/api/v1/info").json["limits"]

    settings.cache_clear()
    assert {name: value for name, value in told.items() if value is not None} == {
        name: bound(row)[at] for name, (row, at) in IN_INFO.items()
    }
