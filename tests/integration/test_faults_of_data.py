"""Equal keys of data: a limit knows a map by its fields, whatever their order."""

from typing import Any

import boto3

from tests.support.language import fault
from tests.support.stack import MotoStack


def test_equal_maps_are_one_key_of_a_limit(moto_stack: MotoStack, create_flow: Any, execute: Any):
    flow_id = create_flow(fault("d1-concurrency-key-map-order").replace("20s", "1h"))["id"]
    keys = [{"a": 1, "b": 2}, {"b": 2.0, "a": 1}, {"a": 1, "b": True}]
    for key in keys:
        execute(flow_id, {"inputs": {"k": key}})

    table: Any = boto3.resource("dynamodb").Table(moto_stack.environment["EXECUTIONS_TABLE_NAME"])
    found = [each for each in table.scan()["Items"] if "#slots#" in each["pk"]]
    waiting = [each["pk"] for each in found if each["sk"].startswith("waiting#")]
    taken = [each["pk"] for each in found if each["sk"] == "count" and each["taken"]]
    assert len(waiting) == 1
    assert len(taken) == len({*taken, *waiting}) == 2
