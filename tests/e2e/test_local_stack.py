"""The road through the whole stack: HTTP in, Step Functions and Lambda behind, results out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

Saved = Callable[[str], Any]
Finished = Callable[..., Any]

LOG = """
tasks:
  - name: greet
    type: util.log
    properties:
      message: Hello
"""


@pytest.mark.smoke
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_good(api: httpx.Client, path: str) -> None:
    answer = api.get(path)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.smoke
def test_the_plugins_are_listed_and_each_can_be_read(api: httpx.Client) -> None:
    listed = api.get("/api/v1/plugins").json()

    assert {"util.log", "http.request", "flow.gate"} <= {each["id"] for each in listed}
    one = api.get("/api/v1/plugins/util.log")
    assert (one.status_code, one.json()["id"]) == (200, "util.log")


@pytest.mark.smoke
def test_an_unknown_path_is_a_404_of_ours(api: httpx.Client) -> None:
    answer = api.get("/api/v1/nothing", headers={"X-Request-Id": "asked"})

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "asked"
    assert answer.json()["code"] == "route_not_found"


def test_an_unknown_method_is_a_405_that_names_the_others(api: httpx.Client) -> None:
    answer = api.patch("/api/v1/flows")

    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert answer.headers["allow"] == "GET, POST"


def test_a_body_beyond_the_gateways_limit_is_refused_by_the_gateway(api: httpx.Client) -> None:
    answer = api.post("/api/v1/flows", content=b"x" * (10 * 1024 * 1024 + 1))

    assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})


@pytest.mark.smoke
def test_a_saved_flow_is_executed_and_its_result_can_be_read(
    api: httpx.Client, saved: Saved, finished: Finished
) -> None:
    flow = saved(LOG)

    started = api.post(f"/api/v1/flows/{flow['id']}/execute")

    assert started.status_code == 202
    execution_id = started.json()["executionId"]
    answer = finished(execution_id)
    assert answer["execution"]["status"] == "SUCCESS"
    assert [task["taskName"] for task in answer["tasks"]] == ["greet"]
    results = api.get(f"/api/v1/executions/{execution_id}/results").json()
    assert results["stepResults"][0]["outputs"] == {"message": "Hello"}
    [line] = api.get(f"/api/v1/executions/{execution_id}/logs").json()
    assert (line["level"], line["message"]) == ("INFO", "Hello")


def test_fifty_starts_with_one_key_make_one_execution(api: httpx.Client, saved: Saved) -> None:
    flow = saved(LOG)
    path = f"/api/v1/flows/{flow['id']}/execute"

    with ThreadPoolExecutor(20) as clients:
        answers = list(
            clients.map(
                lambda _: api.post(path, headers={"Idempotency-Key": "only-once"}), range(50)
            )
        )

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert len(api.get("/api/v1/executions", params={"flowId": flow["id"]}).json()) == 1


@pytest.mark.smoke
def test_a_flow_is_created_once_for_its_key_and_told_in_the_same_words(api: httpx.Client) -> None:
    body = {"yamlContent": LOG, "name": "only-once", "namespace": "keys"}
    key = {"Idempotency-Key": "create-once"}

    with ThreadPoolExecutor(10) as clients:
        answers = list(
            clients.map(lambda _: api.post("/api/v1/flows", json=body, headers=key), range(10))
        )
    again = api.post("/api/v1/flows", json=body, headers=key)

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.text for answer in answers if answer.status_code == 201} == {again.text}
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == f"/api/v1/flows/{again.json()['id']}"
    assert len(api.get("/api/v1/flows", params={"namespace": "keys"}).json()) == 1
    other = api.post("/api/v1/flows", json={**body, "name": "other"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    path = f"{again.headers['location']}/deactivate"
    moved = [api.post(path, headers=key) for _ in range(2)]
    assert moved[0].text == moved[1].text
    assert [answer.status_code for answer in moved] == [200, 200]


def test_two_hundred_executions_of_twenty_clients_all_end_well(
    api: httpx.Client, saved: Saved, finished: Finished
) -> None:
    flow = saved(LOG)
    path = f"/api/v1/flows/{flow['id']}/execute"

    with ThreadPoolExecutor(20) as clients:
        started = list(clients.map(lambda _: api.post(path), range(200)))

    assert {answer.status_code for answer in started} == {202}
    ids = {answer.json()["executionId"] for answer in started}
    assert len(ids) == 200
    assert {finished(each, seconds=180)["execution"]["status"] for each in ids} == {"SUCCESS"}
