"""A thousand executions that share five slots, over HTTP, on a stack with workers of its own."""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import httpx
import pytest
from boto3.dynamodb.conditions import Key

from tests.support.local import Stack

NUMBER, LIMIT, CALLERS = 1_000, 5, 20
PATIENCE_SECONDS = 900
LIMITED = f"""
concurrency: {{limit: {LIMIT}}}
tasks:
  - {{name: a, type: core.set, properties: {{values: {{x: 1}}}}}}
"""


@pytest.fixture
def executions(api: httpx.Client) -> Callable[..., Iterator[Any]]:
    """Every execution of a flow, page by page."""

    def pages(**query: str) -> Iterator[Any]:
        path: str | None = str(httpx.URL("/api/v1/executions", params={"limit": "500", **query}))
        while path:
            answer = api.get(path)
            yield from answer.json()
            path = answer.links.get("next", {}).get("url")

    return pages


def test_a_thousand_executions_share_five_slots_and_all_run(
    stack: Stack,
    api: httpx.Client,
    saved: Callable[[str], Any],
    executions: Callable[..., Iterator[Any]],
) -> None:
    flow = saved(LIMITED)
    path = f"/api/v1/flows/{flow['id']}/execute"
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = list(callers.map(lambda _: api.post(path).status_code, range(NUMBER)))
    assert set(answers) == {202}

    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(is_open(each) for each in executions(flowId=flow["id"])):
        assert time.monotonic() < deadline, "some never ran"
        time.sleep(2)

    ended = list(executions(flowId=flow["id"]))
    assert len({each["id"] for each in ended}) == NUMBER
    assert {each["status"] for each in ended} == {"SUCCESS"}
    assert most_at_once(ended) <= LIMIT
    assert line(stack, flow) == {"count": 0}


def is_open(execution: Any) -> bool:
    return execution["status"] in {"QUEUED", "RUNNING", "PAUSED"}


def most_at_once(executions: list[Any]) -> int:
    """The most executions between their start and their end at any moment."""
    moments = [(each["startedAt"], 1) for each in executions]
    moments += [(each["finishedAt"], -1) for each in executions]
    return max(itertools.accumulate(change for _, change in sorted(moments)))


def line(stack: Stack, flow: Any) -> dict[str, int]:
    """What stands in a flow's line: the slots taken, and who waits."""
    connection = stack.aws()
    tables = boto3.client("dynamodb", **connection).list_tables()["TableNames"]
    [name] = [each for each in tables if "ExecutionsTable" in each]
    answer = (
        boto3.resource("dynamodb", **connection)
        .Table(name)
        .query(
            KeyConditionExpression=Key("pk").eq(f"default#slots#{flow['id']}"), ConsistentRead=True
        )
    )
    return {str(item["sk"]): int(str(item.get("taken", 0))) for item in answer["Items"]}
