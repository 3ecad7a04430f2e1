"""The flows in `examples/`, and what the comments at the top of each say of its end."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "examples"
READERS_SERVER = "http://localhost:8090"
"""Where `examples/http_server.py` listens when a reader starts it."""


@dataclass(frozen=True)
class Example:
    """A flow's text and what its comments promise; None and empty where they are silent."""

    text: str
    ends: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] | None
    tasks: Mapping[str, str]
    error: Mapping[str, Any]

    @property
    def flow(self) -> str:
        """The text without the comments at its top, as the documents show it."""
        lines = self.text.splitlines(keepends=True)
        return "".join(lines[next(n for n, line in enumerate(lines) if line[0] != "#") :])


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def example(name: str, server: str = READERS_SERVER) -> Example:
    """Read `examples/{name}.yaml`; `server` is the address that is called where it calls out."""
    text = (FOLDER / f"{name}.yaml").read_text("utf-8").replace(READERS_SERVER, server)
    comments = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ")]
    said = dict(line.split(": ", 1) for line in comments[1:])
    told = {key: json.loads(value) for key, value in said.items() if key != "ends"}
    return Example(
        text,
        said["ends"],
        told.get("inputs", {}),
        told.get("outputs"),
        told.get("tasks", {}),
        told.get("error", {}),
    )
