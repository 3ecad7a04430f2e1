"""The README's commands, as they stand there: log in, create a flow, execute it, see its result."""

import hmac
import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
LOCAL = "http://localhost:8080"
DESCRIPTION = ".headrace/local.json"
KEY = b"correct horse battery"


@pytest.mark.smoke
def test_the_readmes_commands_print_what_it_says(
    api: httpx.Client, api_url: str, local_json: Path
) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    commands = "".join(blocks[:2])
    assert LOCAL in commands
    assert DESCRIPTION in commands
    commands = commands.replace(LOCAL, api_url).replace(DESCRIPTION, str(local_json))
    _forget(api)

    done = subprocess.run(  # noqa: S603 - our own README
        ["/bin/bash", "-euo", "pipefail", "-c", commands],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    _forget(api)
    assert done.returncode == 0, done.stderr
    result, log, name, signed, masked, second, *difference, third = done.stdout.splitlines()
    assert f"It prints `{result}` and the line" in readme
    assert "only 52 today" in log
    digest = hmac.new(KEY, b"hello", "sha256").hexdigest()
    assert (name, json.loads(signed)) == ("SIGNING_KEY", {"signature": digest})
    assert "signed with ******" in masked
    assert KEY.decode() not in done.stdout
    assert (second, third) == ("2", "3")
    assert any(line.startswith("+") and "sha512" in line for line in difference)


def _forget(api: httpx.Client) -> None:
    for flow in api.get("/api/v1/flows").json():
        if flow["name"] in {"paid-orders", "signature"}:
            api.delete(f"/api/v1/flows/{flow['id']}").raise_for_status()
    for credential in api.get("/api/v1/credentials").json():
        if credential["name"] == "SIGNING_KEY":
            api.delete(f"/api/v1/credentials/{credential['id']}").raise_for_status()
