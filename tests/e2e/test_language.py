"""What the engine can do, over HTTP, on a stack whose Step Functions is not moto's."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from tests.support.answers import as_asked
from tests.support.fixtures import WORKING, Finished, Seen
from tests.support.language import Check, examples, fault, faults, sections, statements
from tests.support.servers import Server, answering, serving
from tests.support.shop import shop

Finishes = Callable[..., Any]


@pytest.fixture
def start(api: httpx.Client) -> Callable[..., str]:
    """Save a flow's text in a namespace of its own and start it; the execution's id."""

    def save_and_start(text: str, inputs: dict[str, Any] | None = None, **envelope: str) -> str:
        envelope = {"namespace": f"e2e-{time.time_ns()}", **envelope}
        saved = api.post("/api/v1/flows", json={"yamlContent": text, **envelope})
        assert saved.status_code == 201, saved.text
        answer = api.post(
            f"/api/v1/flows/{saved.json()['id']}/execute", json={"inputs": inputs or {}}
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["executionId"])

    return save_and_start


@pytest.fixture
def run(api: httpx.Client, start: Callable[..., str], finished: Finishes) -> Finished:
    """Save a flow, run it to its end, and read everything back."""

    def run_text(
        text: str, inputs: dict[str, Any] | None = None, *, decision: str | None = None
    ) -> Seen:
        execution_id = start(text, inputs)
        path = f"/api/v1/executions/{execution_id}"
        if decision:
            _until(lambda: api.get(path).json()["execution"]["status"] == "PAUSED")
            waiting = api.get("/api/v1/approvals", params={"status": "PENDING"}).json()
            [approval] = [each for each in waiting if each["executionId"] == execution_id]
            api.post(f"/api/v1/approvals/{approval['id']}/{decision}").raise_for_status()
        detail = finished(execution_id)
        return Seen(detail, api.get(f"{path}/results").json(), api.get(f"{path}/logs").json())

    return run_text


class Local:
    """The local stack, as the language's statements ask it; time passes there by itself."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        answer = self._api.request(method, path, json=body, headers=headers)
        return answer.status_code, answer.json()

    def pass_time(self) -> None:
        """It does."""


def test_the_whole_language_holds(
    user: Callable[..., dict[str, str]], calling: Callable[[dict[str, str]], httpx.Client]
) -> None:
    stated = [each for section in sections() for each in statements(section)] + faults()
    ops = calling(user("admin", groups=["ops"]))  # one of its gates asks a group
    with serving(as_asked) as server:
        wrong = Check(Local(ops), server).run(stated)

    assert not wrong, "\n".join(wrong)


@pytest.mark.smoke
def test_what_is_no_flow_is_told_as_the_validator_tells_it(api: httpx.Client) -> None:
    wrong = Check(Local(api)).refuse()

    assert not wrong, "\n".join(wrong)


def test_equal_maps_are_one_key_of_concurrency(api: httpx.Client) -> None:
    flow = _saved(api, "d1-concurrency-key-map-order")
    keys = [{"a": 1, "b": 2}, {"b": 2, "a": 1}]

    answers = [
        api.post(f"/api/v1/flows/{flow}/execute", json={"inputs": {"k": key}}) for key in keys
    ]

    paths = [f"/api/v1/executions/{answer.json()['executionId']}" for answer in answers]
    _until(lambda: api.get(paths[0]).json()["execution"]["status"] == "RUNNING")
    assert api.get(paths[1]).json()["execution"]["status"] == "QUEUED"
    for path in paths:
        api.post(f"{path}/cancel").raise_for_status()


def test_a_label_with_a_colon_is_found(api: httpx.Client) -> None:
    flow = _saved(api, "i5-label-with-colon")
    started = api.post(f"/api/v1/flows/{flow}/execute").json()["executionId"]

    found = api.get("/api/v1/executions", params={"label": "a:b:c", "flowId": flow}).json()

    assert [each["id"] for each in found] == [started]


def _saved(api: httpx.Client, name: str) -> str:
    body = {"yamlContent": fault(name), "namespace": f"e2e-{time.time_ns()}"}
    answer = api.post("/api/v1/flows", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_the_examples_end_as_their_first_lines_say(api: httpx.Client) -> None:
    with shop() as address:
        wrong = Check(Local(api)).run(examples(address))

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "name",
    # The one that asks for an approval is the path of that noun.
    [pytest.param(name, marks=[pytest.mark.smoke] * (name == "f11")) for name in sorted(WORKING)],
)
def test_a_fixture_ends_as_its_first_line_says(name: str, run: Finished) -> None:
    WORKING[name](run)


@pytest.mark.smoke
def test_branches_loops_and_waits_stand_inside_each_other(run: Finished) -> None:
    seen = run(
        """
name: nested
tasks:
  - name: both
    type: flow.parallel
    tasks:
      - name: nap
        type: flow.wait
        properties: {duration: 2s}
      - name: each
        type: flow.foreach
        properties: {items: [a, b, c], concurrency: 2}
        tasks:
          - name: pick
            type: flow.if
            properties: {condition: item != 'b'}
            then:
              - {name: short, type: flow.wait, properties: {duration: 1s}}
              - {name: say, type: util.log, properties: {message: '{{ index }}{{ item }}'}}
"""
    )

    assert seen.execution["status"] == "SUCCESS"
    assert seen.outputs("each")["count"] == 3
    said = [task for task in seen.tasks if task["taskName"] == "say"]
    assert [(task["iteration"], task["status"]) for task in said] == [
        ("0", "SUCCESS"),
        ("1", "SKIPPED"),
        ("2", "SUCCESS"),
    ]
    assert sorted(line["message"] for line in seen.logs) == ["0a", "2c"]


@pytest.mark.smoke
def test_a_call_that_fails_is_repeated_after_its_delay(run: Finished) -> None:
    def third_time_lucky(connection: Any, request: bytes, server: Server) -> None:
        head = "HTTP/1.1 200 OK" if len(server.requests) == 3 else "HTTP/1.1 503 Busy"
        answering(head, b"{}")(connection, request, server)

    with serving(third_time_lucky) as server:
        seen = run(
            f"""
name: retrying
tasks:
  - name: call
    type: http.request
    properties: {{url: '{server.url}'}}
    retry: {{maxAttempts: 3, delay: 2s}}
"""
        )

    assert seen.execution["status"] == "SUCCESS"
    assert seen.row("call")["attempt"] == 3
    assert len(server.requests) == 3


@pytest.mark.smoke
def test_a_flow_waits_for_the_flow_it_starts(
    api: httpx.Client, start: Callable[..., str], finished: Finishes
) -> None:
    namespace = f"e2e-{time.time_ns()}"
    child = """
name: child
inputs:
  - {name: n, type: INT}
tasks:
  - {name: nap, type: flow.wait, properties: {duration: 2s}}
  - {name: double, type: core.set, properties: {values: {n: '{{ inputs.n * 2 }}'}}}
outputs: {n: '{{ outputs.double.n }}'}
"""
    saved = api.post("/api/v1/flows", json={"yamlContent": child, "namespace": namespace})
    assert saved.status_code == 201, saved.text

    execution_id = start(
        f"""
name: parent
tasks:
  - name: call
    type: flow.subflow
    properties: {{namespace: {namespace}, name: child, inputs: {{n: 21}}}}
outputs: {{answer: '{{{{ outputs.call.outputs.n }}}}'}}
"""
    )

    detail = finished(execution_id)
    assert detail["execution"]["status"] == "SUCCESS", detail
    assert detail["execution"]["outputs"] == {"answer": 42}


@pytest.mark.smoke
def test_a_cancelled_execution_runs_nothing_more_but_its_finally(
    api: httpx.Client, start: Callable[..., str], finished: Finishes
) -> None:
    execution_id = start(
        """
name: cancelled
tasks:
  - {name: nap, type: flow.wait, properties: {duration: 10m}}
  - {name: never, type: util.log, properties: {message: never}}
finally:
  - {name: bye, type: util.log, properties: {message: bye}}
"""
    )
    path = f"/api/v1/executions/{execution_id}"
    _until(lambda: api.get(path).json()["execution"]["status"] == "RUNNING")

    answer = api.post(f"{path}/cancel")

    assert answer.status_code == 202, answer.text
    detail = finished(execution_id)
    assert detail["execution"]["status"] == "CANCELLED"
    statuses = {task["taskName"]: task["status"] for task in detail["tasks"]}
    assert (statuses["never"], statuses["bye"]) == ("CANCELLED", "SUCCESS")
    assert [line["message"] for line in api.get(f"{path}/logs").json()] == ["bye"]


@pytest.mark.smoke
def test_an_execution_that_failed_is_retried_from_where_it_failed(
    api: httpx.Client, start: Callable[..., str], finished: Finishes
) -> None:
    def second_time_lucky(connection: Any, request: bytes, server: Server) -> None:
        head = "HTTP/1.1 400 No" if len(server.requests) == 1 else "HTTP/1.1 200 OK"
        answering(head, b"{}")(connection, request, server)

    with serving(second_time_lucky) as server:
        execution_id = start(
            f"""
name: retried
tasks:
  - {{name: before, type: util.log, properties: {{message: before}}}}
  - {{name: call, type: http.request, properties: {{url: '{server.url}'}}}}
"""
        )
        assert finished(execution_id)["execution"]["status"] == "FAILED"

        answer = api.post(f"/api/v1/executions/{execution_id}/retry")
        assert answer.status_code == 202, answer.text
        again = finished(answer.json()["executionId"])

    assert again["execution"]["status"] == "SUCCESS"
    assert again["execution"]["retryOf"] == execution_id
    assert len(server.requests) == 2


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
