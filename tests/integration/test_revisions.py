"""Revisions, restores and transfers on real parts: pins, races, tenants, bytes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions.flows.services import flow_service
from shared.auth.principal import LOCAL_PRINCIPAL
from shared.flows.transfer import Saved, TransferService
from tests.support.events import claims_of
from tests.support.stack import Answer, MotoStack

FLOWS = "/api/v1/flows"
YAML = {"content-type": "application/yaml"}
GATED = """\
name: gated
tasks:
  - {name: go, type: flow.gate, properties: {message: 'Go?'}}
  - {name: say, type: core.set, dependsOn: [go], properties: {values: {said: one}}}
outputs: {said: '{{ outputs.say.said }}'}
"""
FAILING = """\
name: failing
inputs: [{name: good, type: BOOLEAN, default: false}]
tasks:
  - name: check
    type: util.validate
    properties: {data: {good: '{{ inputs.good }}'}, schema: {properties: {good: {const: true}}}}
"""
TASK = "tasks: [{name: a, type: util.log, properties: {message: hi}}]\n"


def put(stack: MotoStack, flow_id: str, text: str, query: str = "", **headers: str) -> Answer:
    return stack.api("PUT", f"{FLOWS}/{flow_id}{query}", text, {**YAML, **headers})


def test_an_execution_runs_the_revision_that_it_began_with(
    moto_stack: MotoStack, create_flow: Any, execute: Any
) -> None:
    flow = create_flow(GATED)
    execution_id = execute(flow["id"])
    asked = moto_stack.wait_for_approval(execution_id)
    assert put(moto_stack, flow["id"], GATED.replace("one", "two")).body["revision"] == 2
    back = moto_stack.api("POST", f"{FLOWS}/{flow['id']}/revisions/1/restore")
    assert back.body["revision"] == 3
    assert put(moto_stack, flow["id"], GATED.replace("one", "four")).body["revision"] == 4

    moto_stack.api("POST", f"/api/v1/approvals/{asked['id']}/approve")
    ended = moto_stack.wait_for_execution(execution_id)["execution"]

    assert (ended["status"], ended["flowRevision"]) == ("SUCCESS", 1)
    assert ended["outputs"] == {"said": "one"}


def test_a_retry_runs_the_revision_that_failed_unless_it_asks_for_the_latest(
    moto_stack: MotoStack, create_flow: Any, execute: Any
) -> None:
    flow = create_flow(FAILING)
    failed = execute(flow["id"])
    moto_stack.wait_for_execution(failed)
    put(moto_stack, flow["id"], f"name: failing\n{TASK}")

    def retried(query: str) -> tuple[int, str]:
        path = f"/api/v1/executions/{failed}/retry{query}"
        again = moto_stack.api("POST", path).body["executionId"]
        ended = moto_stack.wait_for_execution(again)["execution"]
        return ended["flowRevision"], ended["status"]

    assert retried("") == (1, "FAILED")
    assert retried("?revision=latest") == (2, "SUCCESS")


def test_a_graph_of_any_revision_is_drawn(moto_stack: MotoStack, create_flow: Any) -> None:
    flow = create_flow(f"name: drawn\n{TASK}")
    put(moto_stack, flow["id"], f"name: drawn\n{TASK.replace('name: a', 'name: b')}")

    def tasks(query: str) -> tuple[int, list[str]]:
        graph = moto_stack.api("GET", f"{FLOWS}/{flow['id']}/graph{query}").body
        return graph["revision"], [node["id"] for node in graph["nodes"]]

    assert tasks("") == tasks("?revision=2") == (2, ["b"])
    assert tasks("?revision=1") == (1, ["a"])


def test_the_graph_of_a_draft_that_cannot_run_is_told(moto_stack: MotoStack) -> None:
    text = "name: x\ntasks:\n  - {name: a, type: worker.job, properties: {queue: q}}\n"
    flow = moto_stack.api("POST", f"{FLOWS}?status=draft", text, YAML).body
    put(moto_stack, flow["id"], f"name: x\n{TASK}")

    answer = moto_stack.api("GET", f"{FLOWS}/{flow['id']}/graph?revision=1")

    assert (answer.status, answer.body["code"]) == (400, "not_supported_yet")
    assert moto_stack.api("GET", f"{FLOWS}/{flow['id']}/graph").status == 200


def test_a_text_is_saved_read_and_carried_byte_for_byte(moto_stack: MotoStack) -> None:
    text = f"\ufeff# ünï \U0001f600\r\nname: odd\r\n\r\n{TASK}\t \n# no end".replace("\t", " ")
    made = moto_stack.api("POST", FLOWS, text.encode(), YAML)
    assert made.status == 201, made.body
    path = f"{FLOWS}/{made.body['id']}"

    read = moto_stack.api("GET", path, None, {"accept": "application/yaml"})
    file = moto_stack.api("GET", f"{path}/export").body
    copy = moto_stack.api("POST", f"{FLOWS}/import?onConflict=rename", file).body

    assert read.body == text
    assert file["flow"]["yamlContent"] == text
    assert (copy["name"], copy["yamlContent"]) == ("odd-2", text)
    same = put(moto_stack, made.body["id"], read.body)
    assert (same.status, same.body["revision"]) == (200, 1)


def test_the_longest_texts_are_compared_and_listed_in_pages(moto_stack: MotoStack) -> None:
    def text(word: str) -> str:
        lines = "".join(f"# {word} {number % 900}\n" for number in range(18_000))
        return f"name: long\n{TASK}{lines}"[:262_144]

    flow = moto_stack.api("POST", FLOWS, text("odd"), YAML).body
    for word in ("even", "other"):
        assert put(moto_stack, flow["id"], text(word)).status == 200
    path = f"{FLOWS}/{flow['id']}/revisions"

    compared = moto_stack.api("GET", f"{path}/1/diff")
    listed = moto_stack.api("GET", path)

    assert compared.status == 200
    assert compared.body["diff"].startswith("--- revision 1\n+++ revision 3\n")
    assert [each["yamlContent"] for each in listed.body] == [text("even"), text("odd")]


def test_a_list_of_revisions_takes_two_calls(moto_stack: MotoStack, create_flow: Any) -> None:
    flow = create_flow(f"name: x\n{TASK}")
    for number in range(12):
        put(moto_stack, flow["id"], f"name: x\n{TASK}# {number}\n")
    moto_stack.calls.clear()

    found = moto_stack.api("GET", f"{FLOWS}/{flow['id']}/revisions").body

    assert [each["revision"] for each in found] == list(range(12, 0, -1))
    assert moto_stack.calls.of("flows") == ["DynamoDB.GetItem", "DynamoDB.BatchGetItem"]


def test_a_restore_that_finds_nothing_to_do_is_answered_once(
    moto_stack: MotoStack, create_flow: Any
) -> None:
    flow = create_flow(f"name: x\n{TASK}")
    path, key = f"{FLOWS}/{flow['id']}", {"idempotency-key": "k"}

    first = moto_stack.api("POST", f"{path}/revisions/1/restore", None, key)
    put(moto_stack, flow["id"], f"name: x\n{TASK}# new\n")
    again = moto_stack.api("POST", f"{path}/revisions/1/restore", None, key)

    assert (first.status, first.body) == (200, flow)
    assert (again.body, again.headers["idempotency-replayed"]) == (flow, "true")
    assert moto_stack.api("GET", path).body["revision"] == 2


def test_a_bare_text_with_a_key_is_its_payload_byte_for_byte(moto_stack: MotoStack) -> None:
    key = {**YAML, "idempotency-key": "k"}
    text = f"name: x\n{TASK}"

    first = moto_stack.api("POST", FLOWS, text, key)
    again = moto_stack.api("POST", FLOWS, text, key)
    other = moto_stack.api("POST", FLOWS, f"{text}\n", key)
    asked = moto_stack.api("POST", f"{FLOWS}?comment=why", text, key)

    assert (first.status, again.body) == (201, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status, asked.status) == (422, 422)


def test_the_same_name_of_two_tenants_is_two_flows(moto_stack: MotoStack) -> None:
    ann, eve = (claims_of(who, "admin", tenant=who) for who in ("ann", "eve"))

    def put_named(claims: dict[str, str], text: str) -> Answer:
        path = f"{FLOWS}/by-name/team/a"
        return moto_stack.api("PUT", path, text, YAML, claims=claims)

    ours, theirs = (put_named(who, f"name: a\n{TASK}") for who in (ann, eve))
    changed = put_named(eve, f"name: a\n{TASK}# new\n")

    assert (ours.status, theirs.status, changed.status) == (201, 201, 200)
    assert theirs.body["id"] == changed.body["id"] != ours.body["id"]
    assert (changed.body["createdBy"], changed.body["updatedBy"]) == ("eve", "eve")
    kept = moto_stack.api("GET", f"{FLOWS}/{ours.body['id']}", claims=ann).body
    assert kept == ours.body


@pytest.mark.timing
@pytest.mark.proof
def test_of_many_who_apply_one_name_at_once_one_makes_it_and_the_others_change_it(
    moto_stack: MotoStack,
) -> None:
    assert moto_stack
    service = TransferService(flow_service(LOCAL_PRINCIPAL))
    texts = [f"name: a\n{TASK}# {number}\n" for number in range(3)]

    def apply(text: str) -> Saved:
        return service.apply("team", "a", {"yamlContent": text}, None)

    with ThreadPoolExecutor(3) as pool:
        saved = list(pool.map(apply, texts))

    assert [each.is_new for each in saved].count(True) == 1
    assert len({each.flow.id for each in saved}) == 1
    assert sorted(each.flow.revision for each in saved) == [1, 2, 3]
    flow = service.service.get(saved[0].flow.id)
    last = next(each.flow for each in saved if each.flow.revision == 3)
    assert (flow.revision, flow.yaml_content) == (3, last.yaml_content)


@pytest.mark.timing
@pytest.mark.proof
def test_of_many_who_import_one_name_at_once_each_gets_a_number(moto_stack: MotoStack) -> None:
    assert moto_stack
    service = TransferService(flow_service(LOCAL_PRINCIPAL))
    first = service.apply("team", "a", {"yamlContent": f"name: a\n{TASK}"}, None).flow
    file = service.export(first.id)

    with ThreadPoolExecutor(3) as pool:
        saved = list(pool.map(lambda _: service.import_flow(file, "rename"), range(3)))

    assert sorted(each.flow.name for each in saved) == ["a-2", "a-3", "a-4"]
