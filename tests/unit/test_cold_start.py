"""What a function imports before its first request: only what most requests use."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHEN_A_TEXT_COMES_IN = {
    "jinja2",
    "jsonschema",
    "yaml",
    "httpx",
    "re2",
    "shared.flows.validation.validator",
}
WHEN_A_TASK_RUNS = {"shared.expressions", "shared.plugins"}


@pytest.mark.parametrize(
    ("resource", "unwanted"),
    [
        ("flows", WHEN_A_TEXT_COMES_IN | WHEN_A_TASK_RUNS),
        ("executions", WHEN_A_TEXT_COMES_IN | WHEN_A_TASK_RUNS),
        ("plugins", WHEN_A_TEXT_COMES_IN | {"boto3"}),
        ("health", WHEN_A_TEXT_COMES_IN | WHEN_A_TASK_RUNS | {"boto3"}),
        ("reconcile", WHEN_A_TEXT_COMES_IN | WHEN_A_TASK_RUNS),
    ],
)
def test_a_cold_start_imports_nothing_in_advance(resource: str, unwanted: set[str]) -> None:
    code = f"import functions.{resource}.handler, json, sys; print(json.dumps(list(sys.modules)))"

    found = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert unwanted.isdisjoint(json.loads(found.stdout))
