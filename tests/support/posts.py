"""The POSTs that are done once for each key: one of each kind, ready to send, and what it did."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3

from tests.support.stack import Answer, MotoStack

SET = "tasks: [{name: a, type: core.set, properties: {values: {x: 1}}}]\n"
GATE = "tasks: [{name: g, type: flow.gate, properties: {message: 'Go?'}}]\n"
WAIT = "tasks: [{name: w, type: flow.wait, properties: {duration: 1h}}]\n"


@dataclass
class Post:
    """A request whose `times` says how often it has had its effect, 0 or 1 if all is well."""

    stack: MotoStack
    function: str
    path: str
    status: int
    times: Callable[[], int]
    body: Any = None
    headers: dict[str, str] = field(default_factory=lambda: {"idempotency-key": str(uuid4())})

    def send(self, **changes: Any) -> Answer:
        return self.stack.api("POST", self.path, changes.get("body", self.body), self.headers)


def let_lapse(stack: MotoStack) -> None:
    """Let the time of every attempt under way be over, as if it had died."""
    for item in kept(stack):
        if "lockedUntil" in item:
            _answers(stack).update_item(
                Key={"id": item["id"]},
                UpdateExpression="SET lockedUntil = :past",
                ExpressionAttributeValues={":past": 1},
            )


def kept(stack: MotoStack) -> list[dict[str, Any]]:
    """Every item of the table of keys."""
    found: list[dict[str, Any]] = _answers(stack).scan()["Items"]
    return found


def _answers(stack: MotoStack) -> Any:
    return boto3.resource("dynamodb").Table(stack.environment["IDEMPOTENCY_TABLE_NAME"])


def _flow(stack: MotoStack, text: str, **envelope: Any) -> Any:
    named = f"name: f{uuid4()}\n{text}"
    answer = stack.api("POST", "/api/v1/flows", {"yamlContent": named, **envelope})
    assert answer.status == 201, answer.body
    return answer.body


def _running(stack: MotoStack, text: str) -> str:
    path = f"/api/v1/flows/{_flow(stack, text)['id']}/execute"
    return str(stack.api("POST", path).body["executionId"])


def create(stack: MotoStack) -> Post:
    name = f"f{uuid4()}"

    def times() -> int:
        return len(stack.api("GET", f"/api/v1/flows?q={name}").body)

    body = {"yamlContent": f"name: {name}\n{SET}"}
    return Post(stack, "flows", "/api/v1/flows", 201, times, body)


def _move(stack: MotoStack, verb: str, *before: str, status: str = "active") -> Post:
    path = f"/api/v1/flows/{_flow(stack, SET, status=status)['id']}"
    for earlier in before:
        assert stack.api("POST", f"{path}/{earlier}").status == 200

    def version() -> int:
        return int(stack.api("GET", path).headers["etag"].strip('"'))

    old = version()
    return Post(stack, "flows", f"{path}/{verb}", 200, lambda: version() - old)


def activate(stack: MotoStack) -> Post:
    return _move(stack, "activate", status="draft")


def deactivate(stack: MotoStack) -> Post:
    return _move(stack, "deactivate")


def draft(stack: MotoStack) -> Post:
    return _move(stack, "draft", "deactivate")


def restore(stack: MotoStack) -> Post:
    flow = _flow(stack, SET)
    path = f"/api/v1/flows/{flow['id']}"
    for value in "23":
        text = flow["yamlContent"].replace("x: 1", f"x: {value}")
        assert stack.api("PUT", path, {"yamlContent": text}).status == 200

    def times() -> int:
        return int(stack.api("GET", path).body["revision"]) - 3

    return Post(stack, "flows", f"{path}/revisions/1/restore", 200, times, {"comment": "back"})


def clone(stack: MotoStack) -> Post:
    path = f"/api/v1/flows/{_flow(stack, SET)['id']}"
    name = f"f{uuid4()}"

    def times() -> int:
        return len(stack.api("GET", f"/api/v1/flows?q={name}").body)

    return Post(stack, "flows", f"{path}/clone", 201, times, {"name": name})


def _import(stack: MotoStack, query: str, status: int, times: Callable[[Any], int]) -> Post:
    flow = _flow(stack, SET)
    file = stack.api("GET", f"/api/v1/flows/{flow['id']}/export").body
    file["flow"]["yamlContent"] += "# imported\n"
    path = f"/api/v1/flows/import{query}"
    return Post(stack, "flows", path, status, lambda: times(flow), file)


def import_renamed(stack: MotoStack) -> Post:
    def times(flow: Any) -> int:
        return len(stack.api("GET", f"/api/v1/flows?q={flow['name']}").body) - 1

    return _import(stack, "?onConflict=rename", 201, times)


def import_replacing(stack: MotoStack) -> Post:
    def times(flow: Any) -> int:
        return int(stack.api("GET", f"/api/v1/flows/{flow['id']}").body["revision"]) - 1

    return _import(stack, "?onConflict=replace", 200, times)


def _decide(stack: MotoStack, verb: str, status: str) -> Post:
    asked = stack.wait_for_approval(_running(stack, GATE))
    path = f"/api/v1/approvals/{asked['id']}"

    def times() -> int:
        return int(stack.api("GET", path).body["status"] == status)

    return Post(stack, "approvals", f"{path}/{verb}", 200, times, {"comment": "fine"})


def approve(stack: MotoStack) -> Post:
    return _decide(stack, "approve", "APPROVED")


def reject(stack: MotoStack) -> Post:
    return _decide(stack, "reject", "REJECTED")


def cancel(stack: MotoStack) -> Post:
    """Of one that runs: each cancel that counts moves it to another generation."""
    execution_id = _running(stack, WAIT)
    row: Any = {}

    def is_running() -> bool:
        row.update(stack._row(execution_id, "execution"))
        return bool(row["status"]["S"] != "QUEUED")

    stack.wait_until(is_running)

    def times() -> int:
        return int(stack._row(execution_id, "execution")["generation"]["N"]) - 1

    return Post(stack, "executions", f"/api/v1/executions/{execution_id}/cancel", 202, times)


def cancel_waiting(stack: MotoStack) -> Post:
    """Of one that waits for a slot: it ends at once."""
    flow = _flow(stack, "concurrency: {limit: 1}\n" + WAIT)
    path = f"/api/v1/flows/{flow['id']}/execute"
    _, waiting = (stack.api("POST", path).body["executionId"] for _ in range(2))

    def times() -> int:
        return int(stack._row(waiting, "execution")["status"]["S"] == "CANCELLED")

    return Post(stack, "executions", f"/api/v1/executions/{waiting}/cancel", 202, times)


MAKERS = (
    create,
    activate,
    deactivate,
    draft,
    restore,
    clone,
    import_renamed,
    import_replacing,
    approve,
    reject,
    cancel,
    cancel_waiting,
)
POSTS: Mapping[str, Callable[[MotoStack], Post]] = {make.__name__: make for make in MAKERS}
