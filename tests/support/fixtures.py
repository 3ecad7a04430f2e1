"""The flows that must work, with the inputs and the end that each one's first line asks for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

FOLDER = Path(__file__).parents[1] / "fixtures"


def flow_text(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text("utf-8")


class Finished(Protocol):
    """Runs a flow's text to its end and answers `GET /executions/{id}`, `/results` and `/logs`."""

    def __call__(
        self, text: str, inputs: dict[str, Any] | None = None, *, decision: str | None = None
    ) -> "Seen":
        """With a `decision`, `approve` or `reject`, that is what its gate is told."""
        ...


class Seen:
    """One finished execution, read back through the API."""

    def __init__(self, detail: Any, results: Any, logs: Any) -> None:
        self.execution = detail["execution"]
        self.tasks = detail["tasks"]
        self.results = results
        self.logs = logs

    def status(self, task: str) -> str:
        return str(self.row(task)["status"])

    def outputs(self, task: str) -> Any:
        return json.loads(self.row(task)["outputs"])

    def statuses(self) -> dict[str, str]:
        return {task["taskName"]: task["status"] for task in self.tasks}

    def row(self, name: str) -> Any:
        return next(task for task in self.tasks if task["taskName"] == name)


def f00(run: Finished) -> None:
    seen = run(flow_text("f00"))

    assert seen.execution["status"] == "SUCCESS"
    assert seen.execution["tasksTotal"] == 3
    assert [line["message"] for line in seen.logs] == ["first line", "second line", "third line"]
    assert [line["seq"] for line in seen.logs] == [1, 2, 3]


def f01(run: Finished) -> None:
    seen = run(flow_text("f01"))

    assert seen.execution["status"] == "SUCCESS"
    assert seen.execution["tasksTotal"] == 1


def f02(run: Finished) -> None:
    seen = run(flow_text("f02"))

    assert seen.execution["status"] == "SUCCESS"
    assert seen.outputs("say")["message"] == "HANOI x4"


def f03(run: Finished) -> None:
    seen = run(flow_text("f03"))

    assert seen.execution["status"] == "SUCCESS"
    left, right, bottom = (seen.row(name) for name in ("left", "right", "bottom"))
    ends = (left["finishedAt"], right["finishedAt"])
    assert max(left["startedAt"], right["startedAt"]) < min(ends)
    assert bottom["startedAt"] >= max(ends)
    assert [line["message"] for line in seen.logs] == ["joined"]


def f04(run: Finished) -> None:
    seen = run(flow_text("f04"), {"who": "Ana"})

    assert seen.execution["status"] == "SUCCESS"
    assert seen.execution["outputs"] == {"text": "Hi Ana", "double": 4}
    assert seen.results["finalOutput"] == {"text": "Hi Ana", "double": 4}


def f05(run: Finished) -> None:
    seen = run(flow_text("f05"))

    assert seen.execution["status"] == "SUCCESS"
    assert seen.statuses() == {
        "flag": "SUCCESS",
        "maybe": "SKIPPED",
        "other": "SUCCESS",
        "join": "SUCCESS",
        "dead": "SKIPPED",
    }
    assert (seen.execution["tasksTotal"], seen.execution["tasksExecuted"]) == (5, 3)


def f06(run: Finished) -> None:
    seen = run(flow_text("f06"), {"amount": 150, "region": "eu"})

    assert seen.execution["status"] == "SUCCESS"
    assert seen.execution["tasksTotal"] == 7
    assert seen.outputs("big")["branch"] == "then"
    assert seen.statuses() == {
        "big": "SUCCESS",
        "big-yes": "SUCCESS",
        "big-no": "SKIPPED",
        "route": "SUCCESS",
        "route-eu": "SUCCESS",
        "route-us": "SKIPPED",
        "route-any": "SKIPPED",
    }


def f07(run: Finished) -> None:
    seen = run(flow_text("f07"))

    assert seen.execution["status"] == "SUCCESS"
    assert seen.execution["tasksTotal"] == 3
    assert seen.outputs("loop")["count"] == 4
    assert seen.outputs("loop")["results"][3]["sq"]["result"] == 16
    assert seen.outputs("sum")["result"] == 30
    rows = [task for task in seen.tasks if task["taskName"] == "sq"]
    assert [row["iteration"] for row in rows] == ["0", "1", "2", "3"]


def f10(run: Finished) -> None:
    seen = run(flow_text("f10"))

    assert seen.execution["status"] == "FAILED"
    assert seen.status("after") == "SKIPPED"
    assert seen.outputs("note")["message"] == "failed in boom"
    assert seen.status("bye") == "SUCCESS"
    assert (seen.execution["tasksTotal"], seen.execution["tasksExecuted"]) == (2, 1)


def f08(run: Finished) -> None:
    seen = run(flow_text("f08"))

    assert seen.execution["status"] == "SUCCESS"
    assert seen.outputs("adults")["count"] == 4
    assert seen.outputs("uniq")["removed"] == 1
    assert seen.outputs("names")["items"] == ["Di", "Ana", "Cy"]
    assert seen.outputs("teams")["keys"] == ["blue", "red"]
    assert seen.outputs("csv")["text"].startswith("n,age,team")


def f11(run: Finished) -> None:
    seen = run(flow_text("f11"), decision="approve")

    assert seen.execution["status"] == "SUCCESS"
    assert [line["message"] for line in seen.logs] == ["decision approved"]
    # Whoever calls: on moto the tests' own admin, on a local stack the one it was made with.
    assert seen.outputs("gate")["decidedBy"] in {"local", "admin"}

    seen = run(flow_text("f11").replace("f11-demo", "f11-again"), decision="reject")

    assert seen.execution["status"] == "FAILED"
    assert seen.statuses() == {"draft": "SUCCESS", "gate": "FAILED", "publish": "SKIPPED"}


WORKING: dict[str, Callable[[Finished], None]] = {
    "f00": f00,
    "f01": f01,
    "f02": f02,
    "f03": f03,
    "f04": f04,
    "f05": f05,
    "f06": f06,
    "f07": f07,
    "f08": f08,
    "f10": f10,
    "f11": f11,
}

REFUSED = {
    "x01": "5:31 tasks[0].dependsOn | cycle: a -> b -> a",
    "x02": '5:43 tasks[0].dependsOn[0] | unknown task "ghost"',
    "x03": '6:12 tasks[1].name | duplicate task name "a", first at tasks[0]',
    "x05": '5:31 tasks[0].properties.message | missing property "message"',
}
"""The flows that must be refused, and what is found in each."""
