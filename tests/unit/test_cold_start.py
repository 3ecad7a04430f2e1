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
WHERE_SECRETS_ARE = {"cryptography"}


@pytest.mark.parametrize(
    ("resource", "unwanted"),
    [
        ("flows", WHEN_A_TEXT_COMES_IN | WHEN_A_TASK_RUNS | WHERE_SECRETS_ARE),
        ("executions", WHEN_A_TEXT_COMES_IN | WHEN_A_TASK_RUNS | WHERE_SECRETS_ARE),
        ("plugins", WHEN_A_TEXT_COMES_IN | WHERE_SECRETS_ARE | {"boto3"}),
        ("approvals", WHERE_SECRETS_ARE),
        ("credentials", WHEN_A_TEXT_COMES_IN | WHEN_A_TASK_RUNS),
        ("runner", WHERE_SECRETS_ARE),  # until a revision names a credential
        ("timers", WHERE_SECRETS_ARE),
        ("health", WHEN_A_TEXT_COMES_IN | WHEN_A_TASK_RUNS | WHERE_SECRETS_ARE | {"boto3"}),
        ("reconcile", WHEN_A_TEXT_COMES_IN | WHEN_A_TASK_RUNS | WHERE_SECRETS_ARE),
    ],
)
def test_a_cold_start_imports_nothing_in_advance(resource: str, unwanted: set[str]) -> None:
    code = f"import functions.{resource}.handler, json, sys; print(json.dumps(list(sys.modules)))"

    found = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert unwanted.isdisjoint(json.loads(found.stdout))
