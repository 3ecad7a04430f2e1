"""The language, statement by statement: flows whose comments say what becomes of them.

A file in `fixtures/language` holds a section's flows, with `---` between them. Of a flow's comments
the first is what it shows; the others are `key: JSON`:

saved      what saving it answers: `status`, `code`, `errors` as `path | message`; else 201
given      the body of the start; `inputs` alone is short for `{"inputs": …}`
headers    of the start
refused    what the start answers: `status`, `code`, `paths` of its errors; else 202
each       the ends of as many starts as it lists; `givens` their bodies
decision   what its gate is told, once it asks: `approve` or `reject`
ends       the execution's status; where nothing is said of an end, it is only saved
execution  some of the execution's fields, `outputs` the outputs, `error` some of its error
tasks      task name to status, `rows` task name to some fields of its row, `results` to outputs
logs       messages in order
requests   how often the path of the server was asked
"""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tests.support.answers import asked
from tests.support.examples import FOLDER as EXAMPLES
from tests.support.examples import READERS_SERVER
from tests.support.fixtures import REFUSED, flow_text
from tests.support.refusals import WRONG, answered, refusals
from tests.support.servers import Server

FOLDER = Path(__file__).parents[1] / "fixtures" / "language"
FAULTS = FOLDER.parent / "faults"
TERMINAL = {"SUCCESS", "FAILED", "CANCELLED", "TIMED_OUT"}
PATIENCE_SECONDS = 180
SAID = re.compile(r"# (\w+): (.*)")


@dataclass(frozen=True)
class Statement:
    """A flow, and what is said of it."""

    title: str
    text: str
    said: Mapping[str, Any]

    def told_of(self, server: Server) -> "Statement":
        """The same, with the server's address wherever it says SERVER."""
        said = json.loads(json.dumps(self.said).replace("SERVER", server.url))
        return Statement(self.title, self.text.replace("SERVER", server.url), said)


class Ground(Protocol):
    """A stack: how to ask it, and what must be done there for time to pass."""

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]: ...

    def pass_time(self) -> None: ...


@dataclass
class Started:
    """An execution of a statement, and the status it is to end with."""

    statement: Statement
    execution_id: str
    ends: str


@dataclass
class Check:
    """Submits a section's flows all at once, waits for all, and collects what is not as said."""

    ground: Ground
    server: Server | None = None
    wrong: list[str] = field(default_factory=list)

    def run(self, stated: Iterable[Statement]) -> list[str]:
        """What is not as they say, one sentence each."""
        waiting = [started for each in stated for started in self._submit(each)]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while waiting and time.monotonic() < deadline:
            self.ground.pass_time()
            waiting = [each for each in waiting if not self._has_ended(each)]
            time.sleep(0.1)
        self.wrong += [f"{each.statement.title}: never ended" for each in waiting]
        return self.wrong

    def refuse(self) -> list[str]:
        """What the API does not say of texts that are no flows, where the validator does."""
        for each in refusals(*WRONG, "unsupported"):
            body = {"yamlContent": each.text}
            status, said = self.ground.call("POST", "/api/v1/flows/validate", body)
            answers = answered("!!", said["errors"]) or answered("..", said["warnings"])
            if (status, answers) != (200, each.found):
                self.wrong.append(f"{each.title}: {status} {answers} is not {each.found}")
        for name, found in REFUSED.items():
            status, said = self.ground.call(
                "POST", "/api/v1/flows", {"yamlContent": flow_text(name)}
            )
            if (status, answered("!!", said["errors"])) != (400, [f"!! {found}"]):
                self.wrong.append(f"{name}: {status} {said}")
        return self.wrong

    def _submit(self, stated: Statement) -> Iterator[Started]:
        if self.server:
            stated = stated.told_of(self.server)
        said, text = stated.said, stated.text
        saved, flow = self.ground.call("POST", "/api/v1/flows", {"yamlContent": text})
        if "saved" in said:
            self._compare(stated, "saved", _refusal(saved, flow), said["saved"])
            return
        if saved != 201:
            self.wrong.append(f"{stated.title}: not saved: {flow}")
            return
        bodies = said.get("givens") or [_given(said)] * len(said.get("each", [1]))
        ends = said.get("each") or [said.get("ends")] * len(bodies)
        for body, end in zip(bodies, ends, strict=True):
            yield from self._start(stated, flow["id"], body, end)

    def _start(
        self, stated: Statement, flow: str, body: Any, ends: str | None
    ) -> Iterator[Started]:
        said = stated.said
        if ends is None and "refused" not in said:
            return
        path = f"/api/v1/flows/{flow}/execute"
        status, answer = self.ground.call("POST", path, body, said.get("headers"))
        if "refused" in said:
            self._compare(stated, "refused", _refusal(status, answer), said["refused"])
        elif status == 202:
            yield Started(stated, answer["executionId"], str(ends))
        else:
            self.wrong.append(f"{stated.title}: not started: {answer}")

    def _has_ended(self, started: Started) -> bool:
        path = f"/api/v1/executions/{started.execution_id}"
        _, detail = self.ground.call("GET", path)
        if detail["execution"]["status"] not in TERMINAL:
            self._decide(started.statement, detail)
            return False
        self._compare_end(started, detail)
        return True

    def _decide(self, stated: Statement, detail: Any) -> None:
        decision = stated.said.get("decision")
        for row in detail["tasks"]:
            if decision and row["status"] == "PAUSED" and row["outputs"]:
                approval = json.loads(row["outputs"])["approvalId"]
                self.ground.call("POST", f"/api/v1/approvals/{approval}/{decision}")

    def _compare_end(self, started: Started, detail: Any) -> None:
        stated, execution = started.statement, detail["execution"]
        rows = {row["taskName"]: row for row in detail["tasks"]}
        results = {name: json.loads(row["outputs"] or "null") for name, row in rows.items()}
        seen = {
            "ends": execution["status"],
            "execution": execution,
            "outputs": execution["outputs"],
            "error": execution["error"] or {},
            "tasks": {name: row["status"] for name, row in rows.items()},
            "rows": rows,
            "results": results,
        }
        for key, value in {**stated.said, "ends": started.ends}.items():
            if key in seen:
                self._compare(stated, key, seen[key], value)
        if "logs" in stated.said:
            path = f"/api/v1/executions/{started.execution_id}/logs"
            lines = [line["message"] for line in self.ground.call("GET", path)[1]]
            self._compare(stated, "logs", lines, stated.said["logs"])
        if "requests" in stated.said and self.server:
            times = {path: asked(self.server, path) for path in stated.said["requests"]}
            self._compare(stated, "requests", times, stated.said["requests"])

    def _compare(self, stated: Statement, key: str, seen: Any, said: Any) -> None:
        part = _part(seen, said) if key not in {"outputs", "logs"} else seen
        if part != said:
            self.wrong.append(
                f"{stated.title}: {key}: {json.dumps(part)} is not {json.dumps(said)}"
            )


def _given(said: Mapping[str, Any]) -> Any:
    return said.get("given") or {"inputs": said.get("inputs", {})}


def _part(seen: Any, said: Any) -> Any:
    """As much of what is seen as is spoken of."""
    if isinstance(seen, dict) and isinstance(said, dict):
        return {name: _part(seen.get(name), each) for name, each in said.items()}
    return seen


def _refusal(status: int, body: Any) -> dict[str, Any]:
    errors = body.get("errors") or []
    return {
        "status": status,
        "code": body.get("code"),
        "errors": [f"{each['path']} | {each['message']}" for each in errors],
        "paths": [each["path"] for each in errors],
    }


def sections() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def statements(section: str) -> list[Statement]:
    text = (FOLDER / f"{section}.yaml").read_text("utf-8")
    return [_statement(part) for part in re.split(r"^---\n", text, flags=re.MULTILINE)]


def fault(name: str) -> str:
    """The text of one of `faults()`, by the name of its file."""
    return (FAULTS / f"{name}.yaml").read_text("utf-8")


def faults() -> list[Statement]:
    """Flows that once gave wrong data without a word; the first line of each says what is right."""
    return [_statement(path.read_text("utf-8")) for path in sorted(FAULTS.glob("*.yaml"))]


def examples(server: str) -> list[Statement]:
    """The flows that readers are given, with the address of the server that some of them call."""
    texts = [path.read_text("utf-8") for path in sorted(EXAMPLES.glob("*.yaml"))]
    return [_statement(text.replace(READERS_SERVER, server)) for text in texts]


def _statement(part: str) -> Statement:
    comments = [line for line in part.splitlines() if line.startswith("# ")]
    told = [found.groups() for line in comments[1:] if (found := SAID.fullmatch(line))]
    assert len(told) == len(comments) - 1, part
    said = {key: value if key in {"ends", "decision"} else json.loads(value) for key, value in told}
    return Statement(comments[0].removeprefix("# "), part, said)
