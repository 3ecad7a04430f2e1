"""The commands of the README and of the guide for teams, as they stand there."""

import hmac
import json
import re
import subprocess
from pathlib import Path
from uuid import uuid4

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
    _forget(api)

    done = _run("".join(_blocks("README.md")[:2]), api_url, local_json)

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


@pytest.mark.smoke
def test_the_guide_for_teams_prints_what_it_says(
    api: httpx.Client, api_url: str, local_json: Path
) -> None:
    prelude, _, _ = _blocks("README.md")[0].partition("# Create the flow")
    name = f"ed-{uuid4()}"  # users stay
    commands = "".join(_blocks("docs/access.md"))
    commands = commands.replace('"ed"', f'"{name}"').replace("/ed", f"/{name}")
    _forget(api)

    done = _run(prelude + commands, api_url, local_json)

    _forget(api)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        *("editor", "Bearer", "true"),
        *("1", "1", "precondition_failed", "QUEUED", "counters-2", "client:ci"),
    ]


def _blocks(document: str) -> list[str]:
    text = (ROOT / document).read_text("utf-8")
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _run(commands: str, api_url: str, local_json: Path) -> subprocess.CompletedProcess[str]:
    assert LOCAL in commands
    assert DESCRIPTION in commands
    commands = commands.replace(LOCAL, api_url).replace(DESCRIPTION, str(local_json))
    return subprocess.run(  # noqa: S603 - our own documents
        ["/bin/bash", "-euo", "pipefail", "-c", commands],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _forget(api: httpx.Client) -> None:
    for name in ("paid-orders", "signature", "counters", "counters-2"):
        for flow in api.get("/api/v1/flows", params={"name": name}).json():
            api.delete(f"/api/v1/flows/{flow['id']}").raise_for_status()
    for credential in api.get("/api/v1/credentials").json():
        if credential["name"] == "SIGNING_KEY":
            api.delete(f"/api/v1/credentials/{credential['id']}").raise_for_status()
    for client in api.get("/api/v1/clients").json():
        if client["name"] == "ci":
            api.delete(f"/api/v1/clients/{client['clientId']}").raise_for_status()
