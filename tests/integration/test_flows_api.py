"""Flows through the API, with the real language behind it and tables as synthesised.

What happens at once is asked of the service: a function's process answers one request at a time.
"""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.flows.services import flow_service
from shared.auth.principal import LOCAL_PRINCIPAL
from shared.aws import table
from shared.errors import FlowNameTakenError
from shared.flows.models import FlowDraft, FlowFilter, FlowPatch
from shared.flows.plans.plan import unpack_plan
from shared.flows.repository import FlowRepository
from tests.support.stack import Answer, MotoStack

FLOWS = "/api/v1/flows"
HELLO = """\
name: hello
namespace: team
description: says hello
labels: {kind: demo}
inputs:
  - {name: who, type: STRING, default: world}
tasks:
  - name: say
    type: util.log
    properties:
      message: "hello {{ inputs.who }}"
  - name: again
    type: core.set
    properties:
      values: {said: "{{ outputs.say }}"}
"""


def save(stack: MotoStack, text: str, **fields: Any) -> Answer:
    return stack.api("POST", FLOWS, {"yamlContent": text, **fields})


def test_a_flow_is_saved_with_its_plan_and_what_a_start_needs(moto_stack: MotoStack) -> None:
    found = save(moto_stack, HELLO, labels={"env": "test"})

    assert found.status == 201, found.body
    flow = found.body
    assert (flow["name"], flow["namespace"], flow["tasksTotal"]) == ("hello", "team", 2)
    assert (flow["labels"], flow["description"]) == ({"env": "test"}, "says hello")
    assert flow["yamlContent"] == HELLO
    assert moto_stack.api("GET", f"{FLOWS}/{flow['id']}").body == flow
    assert moto_stack.api("GET", FLOWS).body == [flow]
    stored: Any = flows_table().get_item(
        Key={"pk": f"default#flow#{flow['id']}", "sk": "revision#00000001#plan"}
    )["Item"]
    plan = unpack_plan(bytes(stored["plan"]))
    assert [each.task.name for each in plan.tasks] == ["say", "again"]
    record = FlowRepository(flows_table(), "default").find(flow["id"])
    assert record
    assert [each.name for each in record.inputs] == ["who"]


def test_saving_takes_two_calls_and_reading_two(moto_stack: MotoStack) -> None:
    flow = save(moto_stack, HELLO).body
    moto_stack.api("GET", f"{FLOWS}/{flow['id']}")

    assert moto_stack.calls.of("flows") == [
        "DynamoDB.GetItem",  # whether the namespace is there
        "DynamoDB.TransactWriteItems",
        "DynamoDB.GetItem",
        "DynamoDB.GetItem",
    ]


def test_a_wrong_text_is_refused_with_every_place(moto_stack: MotoStack) -> None:
    text = "name: x\ntasks:\n  - name: a\n    type: util.lgo\n    dependOn: b\n"

    found = save(moto_stack, text)

    assert (found.status, found.body["code"]) == (400, "invalid_flow")
    assert {each["line"] for each in found.body["errors"]} == {4, 5}
    checked = moto_stack.api("POST", f"{FLOWS}/validate", text, {"content-type": "text/yaml"})
    assert (checked.status, checked.body["valid"]) == (200, False)
    assert checked.body["errors"] == found.body["errors"]


def test_what_cannot_run_yet_is_kept_as_a_draft(moto_stack: MotoStack) -> None:
    text = "name: x\ntasks:\n  - {name: a, type: worker.job, properties: {queue: q}}\n"

    found = save(moto_stack, text)

    assert (found.status, found.body["code"]) == (400, "not_supported_yet")
    assert found.body["errors"][0]["line"] == 3
    draft = save(moto_stack, text, status="draft").body
    assert draft["status"] == "draft"
    activated = moto_stack.api("POST", f"{FLOWS}/{draft['id']}/activate")
    assert (activated.status, activated.body["code"]) == (400, "not_supported_yet")


def test_the_longest_text_is_saved_and_listed(moto_stack: MotoStack) -> None:
    noise = random.Random(3).randbytes(130_000).hex()
    texts = [
        f'name: f{n}\ntasks:\n  - {{name: a, type: util.log, properties: {{message: "{noise}"}}}}\n'
        for n in range(2)
    ]

    for text in texts:
        assert 250_000 < len(text) <= 262_144
        assert save(moto_stack, text).status == 201

    listed = moto_stack.api("GET", FLOWS)
    assert [each["yamlContent"] for each in listed.body] == texts[::-1]


def test_aliases_that_outgrow_the_store_are_refused(moto_stack: MotoStack) -> None:
    noise = random.Random(4).randbytes(50_000).hex()
    aliases = "".join(f"  v{n}: *x\n" for n in range(8))
    tasks = "tasks:\n  - {name: a, type: util.log, properties: {message: x}}\n"
    text = f"name: x\nvariables:\n  v: &x {noise}\n{aliases}{tasks}"

    found = save(moto_stack, text)

    assert found.status == 400
    assert found.body["code"] == "invalid_flow"


@pytest.mark.timing
@pytest.mark.proof
def test_of_many_who_save_one_name_at_once_one_gets_it(moto_stack: MotoStack) -> None:
    assert moto_stack
    flows = flow_service(LOCAL_PRINCIPAL)

    def outcome(_: int) -> str:
        try:
            return flows.create(FlowDraft(yaml_content=HELLO)).id
        except FlowNameTakenError as error:
            return error.code

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(outcome, range(6)))

    assert found.count("flow_name_taken") == 5
    assert [flow.id for flow in flows.page(FlowFilter(), 50, None).items] == [min(found)]


@pytest.mark.timing
@pytest.mark.proof
def test_writers_at_once_all_get_through_and_no_field_is_lost(moto_stack: MotoStack) -> None:
    assert moto_stack
    flows = flow_service(LOCAL_PRINCIPAL)
    flow = flows.create(FlowDraft(yaml_content=HELLO))
    changes = [
        FlowPatch(labels={"k": "v"}),
        FlowPatch(disabled=True),
        FlowPatch(description="other"),
        FlowPatch(yaml_content=HELLO.replace("hello {{", "bye {{")),
    ]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda change: flows.replace(flow.id, change, None), changes))

    shown = flows.get(flow.id)
    assert (shown.labels, shown.disabled, shown.description) == ({"k": "v"}, True, "other")
    assert (shown.revision, "bye" in shown.yaml_content, shown.version) == (2, True, 5)


def test_a_busy_store_is_503_and_nothing_is_half_done(moto_stack: MotoStack) -> None:
    busy = ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems")
    moto_stack.calls.fail_next(busy, lambda call: "Transact" in call.operation)

    found = save(moto_stack, HELLO)

    assert (found.status, found.headers["retry-after"]) == (503, "1")
    assert save(moto_stack, HELLO).status == 201


@pytest.mark.timing
@pytest.mark.proof
def test_requests_sent_at_once_get_their_own_answers(moto_stack: MotoStack) -> None:
    def asked(number: int) -> tuple[int, str]:
        headers = {"x-request-id": str(number)}
        found = moto_stack.api("GET", f"{FLOWS}/{number}", None, headers)
        return found.status, found.body["requestId"]

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(asked, range(200)))

    assert found == [(404, str(number)) for number in range(200)]


def flows_table() -> Any:
    return table(os.environ["FLOWS_TABLE_NAME"])
