"""The README's commands, as they stand there: log in, create a flow, execute it, see its result."""

import re
import subprocess
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
LOCAL = "http://localhost:8080"
DESCRIPTION = ".headrace/local.json"


@pytest.mark.smoke
def test_the_readmes_commands_print_what_it_says(
    api: httpx.Client, api_url: str, local_json: Path
) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[0]
    assert LOCAL in commands
    assert DESCRIPTION in commands
    commands = commands.replace(LOCAL, api_url).replace(DESCRIPTION, str(local_json))
    _forget_flow(api)

    done = subprocess.run(  # noqa: S603 - our own README
        ["/bin/bash", "-euo", "pipefail", "-c", commands],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    _forget_flow(api)
    assert done.returncode == 0, done.stderr
    result, log = done.stdout.splitlines()
    assert f"It prints `{result}` and the line" in readme
    assert "only 52 today" in log


def _forget_flow(api: httpx.Client) -> None:
    for flow in api.get("/api/v1/flows", params={"q": "paid-orders"}).json():
        if flow["name"] == "paid-orders":
            api.delete(f"/api/v1/flows/{flow['id']}").raise_for_status()
