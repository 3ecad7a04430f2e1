"""The whole API held to its OpenAPI document by schemathesis, links between operations included.

On a stack of its own: it makes and deletes whatever it can, and tries logins until it is throttled.
More examples: `HEADRACE_CONTRACT_EXAMPLES=200`, with coverage of each constraint too; another seed:
`HEADRACE_CONTRACT_SEED=7`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.http.openapi import DOCUMENT
from tests.support.contract import DONE_FILE, OWN_NAME
from tests.support.local import ROOT, Stack
from tests.support.logins import log_in

CONFIG = Path(__file__).with_name("contract.toml")
EXAMPLES = os.environ.get("HEADRACE_CONTRACT_EXAMPLES")
FEW = "4"
LEAST = 36
"""The operations, of 72, of which one request at least must have been granted."""
SEED = os.environ.get("HEADRACE_CONTRACT_SEED", "1")


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    started = Stack(tmp_path / "stack")
    started.start()
    yield started
    started.stop()


def test_no_answer_is_a_fault_or_other_than_documented(own_stack: Stack, tmp_path: Path) -> None:
    done = tmp_path / "done"
    login = json.loads(own_stack.description.read_text("utf-8"))["admin"]
    phases = "examples,coverage,fuzzing,stateful" if EXAMPLES else "examples,fuzzing,stateful"
    arguments = ["--phases", phases, "--max-examples", EXAMPLES or FEW, "--seed", SEED]

    ran = subprocess.run(  # noqa: S603 - our own program
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"),
            *(str(DOCUMENT), "--url", own_stack.url, "--no-color", *arguments),
        ],
        cwd=ROOT,
        env={
            **own_stack.environment,
            "HEADRACE_CONTRACT_TOKEN": log_in(own_stack.url, login)["token"],
            OWN_NAME: login["username"],
            DONE_FILE: str(done),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    granted = set(done.read_text("utf-8").splitlines())
    assert len(granted) >= LEAST, f"hardly anything was granted: {sorted(granted)}"
