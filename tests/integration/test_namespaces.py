"""Namespaces through the API, and what executions take over from theirs."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
import pytest

from functions.flows.services import flow_service
from functions.namespaces.services import namespace_service
from shared.auth.principal import LOCAL_PRINCIPAL
from shared.errors import NamespaceNotEmptyError
from shared.flows.models import FlowDraft
from shared.namespaces.members import Members
from shared.namespaces.repository import namespace_repository
from shared.namespaces.service import NamespaceService
from shared.times import utc_now
from tests.support.events import claims_of
from tests.support.stack import Answer, MotoStack

BASE = "/api/v1/namespaces"
FLOW = """
name: reads
namespace: team
variables: {own: 'of {{ vars.shared }}', both: flow}
tasks:
  - name: a
    type: core.set
    properties:
      values:
        shared: '{{ vars.shared }}'
        own: '{{ vars.own }}'
        both: '{{ vars.both }}'
        names: '{{ vars | keys }}'
        text: '{{ vars.looks }}'
        deep: '{{ vars.deep.list[1] }}'
outputs: {all: '{{ outputs.a }}'}
"""
TEXT = "name: late\nnamespace: team\ntasks: [{name: a, type: core.set, properties: {values: {}}}]\n"
VARIABLES = {
    "shared": "team",
    "both": "namespace",
    "looks": "{{ inputs.x }} ${TOKEN} {% raw",
    "deep": {"list": [1, 0.1]},
}


def put(stack: MotoStack, name: str = "team", **fields: Any) -> Answer:
    return stack.api("PUT", f"{BASE}/{name}", fields)


def save(stack: MotoStack, text: str, **fields: Any) -> Any:
    answer = stack.api("POST", "/api/v1/flows", {"yamlContent": text, **fields})
    assert answer.status == 201, answer.body
    return answer.body


def outputs_of(stack: MotoStack, execution_id: str) -> Any:
    execution = stack.wait_for_execution(execution_id)["execution"]
    assert execution["status"] == "SUCCESS", execution
    return execution["outputs"]


def row_of(stack: MotoStack, execution_id: str) -> Any:
    table = boto3.resource("dynamodb").Table(stack.environment["EXECUTIONS_TABLE_NAME"])
    return table.get_item(Key={"pk": f"default#{execution_id}", "sk": "execution"})["Item"]


def test_a_namespace_is_made_shown_changed_and_deleted(moto_stack: MotoStack):
    made = put(moto_stack, description="ours", retention="P30D", variables={"a": [1, 0.1, None]})

    assert (made.status, made.headers["etag"]) == (200, '"1"')
    assert made.body | {"createdAt": "", "updatedAt": ""} == {
        "name": "team",
        "description": "ours",
        "retention": "30d",
        "variables": {"a": [1, 0.1, None]},
        "pluginDefaults": {},
        "counts": {"flows": 0, "credentials": 0, "keys": 0},
        "createdAt": "",
        "updatedAt": "",
    }
    assert moto_stack.api("GET", f"{BASE}/team").body == made.body
    assert [each["name"] for each in moto_stack.api("GET", BASE).body] == ["default", "team"]

    again = moto_stack.api("PUT", f"{BASE}/team", made.body, {"if-match": '"1"'})
    assert (again.body, again.headers["etag"]) == (made.body, '"1"')
    late = moto_stack.api("PUT", f"{BASE}/team", {"description": "x"}, {"if-match": '"7"'})
    anew = moto_stack.api("PUT", f"{BASE}/team", {"description": "x"}, {"if-none-match": "*"})
    assert (anew.status, anew.body["code"]) == (412, "precondition_failed")
    assert (late.status, late.body["code"]) == (412, "precondition_failed")
    changed = put(moto_stack, variables={})
    assert (changed.body["variables"], changed.headers["etag"]) == ({}, '"2"')
    assert changed.body["description"] == "ours"

    assert moto_stack.api("DELETE", f"{BASE}/team").status == 204
    gone = moto_stack.api("GET", f"{BASE}/team")
    assert (gone.status, gone.body["code"]) == (404, "namespace_not_found")
    assert moto_stack.api("DELETE", f"{BASE}/team").status == 404


def test_who_knows_a_namespace_is_told_what_has_come_into_it(moto_stack: MotoStack):
    tag = put(moto_stack, description="ours").headers["etag"]
    moto_stack.api("PUT", "/api/v1/kv/team/k", {"value": 1})

    found = moto_stack.api("GET", f"{BASE}/team", None, {"if-none-match": tag})

    assert (found.status, found.body["counts"]["keys"]) == (200, 1)
    known = {"if-none-match": found.headers["etag"]}
    assert moto_stack.api("GET", f"{BASE}/team", None, known).status == 304
    for each in (tag, found.headers["etag"]):  # nobody has written it
        same = moto_stack.api("PUT", f"{BASE}/team", {"description": "ours"}, {"if-match": each})
        assert same.status == 200


def test_a_flow_makes_its_namespace_be_there(moto_stack: MotoStack):
    flow = save(moto_stack, TEXT.replace("namespace: team", ""), namespace="team")

    found = moto_stack.api("GET", f"{BASE}/team").body
    assert found["counts"]["flows"] == 1
    assert found["createdAt"] == flow["createdAt"]
    moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", {"namespace": "moved"})
    counts = {each["name"]: each["counts"]["flows"] for each in moto_stack.api("GET", BASE).body}
    assert counts == {"default": 0, "moved": 1, "team": 0}

    refused = moto_stack.api("DELETE", f"{BASE}/moved")
    assert (refused.status, refused.body["code"]) == (409, "namespace_not_empty")
    assert refused.body["counts"] == {"flows": 1, "credentials": 0, "keys": 0}
    moto_stack.api("DELETE", f"/api/v1/flows/{flow['id']}")
    assert moto_stack.api("DELETE", f"{BASE}/moved").status == 204
    fixed = moto_stack.api("DELETE", f"{BASE}/default")
    assert (fixed.status, fixed.body["code"]) == (409, "namespace_fixed")


def test_a_namespace_with_a_key_stays(moto_stack: MotoStack):
    put(moto_stack)
    moto_stack.api("PUT", "/api/v1/kv/team/k", {"value": 1})

    refused = moto_stack.api("DELETE", f"{BASE}/team")

    assert (refused.status, refused.body["counts"]["keys"]) == (409, 1)
    moto_stack.api("DELETE", "/api/v1/kv/team/k")
    assert moto_stack.api("DELETE", f"{BASE}/team").status == 204


def test_flows_saved_before_there_were_rows_have_their_namespace(moto_stack: MotoStack):
    save(moto_stack, TEXT.replace("team", "old"))
    namespaces = namespace_repository("default")
    record = namespaces.find("old")
    assert record
    namespaces.remove(record)

    found = moto_stack.api("GET", f"{BASE}/old")
    assert (found.body["createdAt"], found.headers["etag"]) == (None, '"0.1-0-0"')
    assert found.body in moto_stack.api("GET", BASE).body
    assert moto_stack.api("DELETE", f"{BASE}/old").status == 409
    assert put(moto_stack, "old", description="x").headers["etag"] == '"1.1-0-0"'


@pytest.mark.parametrize(
    ("name", "body", "code", "path"),
    [
        ("Team", {}, "invalid_request", "name"),
        ("x" * 3000, {}, "invalid_request", "name"),
        ("system", {}, "invalid_request", "name"),
        ("team", {"name": "other"}, "invalid_request", "name"),
        ("team", {"retention": "soon"}, "invalid_request", "retention"),
        ("team", {"variables": ["a"]}, "invalid_request", "variables"),
        ("team", {"variables": {"a": "x" * 65_536}}, "invalid_request", "variables"),
        ("team", {"variable": {}}, "invalid_request", "variable"),
        ("team", {"pluginDefaults": {"a": {}}}, "not_supported_yet", "pluginDefaults"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    moto_stack: MotoStack, name: str, body: Any, code: str, path: str
):
    answer = moto_stack.api("PUT", f"{BASE}/{name}", body)

    assert (answer.status, answer.body["code"]) == (400, code)
    assert [each["path"] for each in answer.body["errors"]] == [path]
    assert [each["name"] for each in moto_stack.api("GET", BASE).body] == ["default"]


@pytest.mark.parametrize("name", ["Team", "x" * 3000, "system", "unknown"])
def test_a_name_in_a_path_that_is_nobodys_is_not_found(moto_stack: MotoStack, name: str):
    for method in ("GET", "DELETE"):
        answer = moto_stack.api(method, f"{BASE}/{name}")
        assert (answer.status, answer.body["code"]) == (404, "namespace_not_found")


@pytest.mark.parametrize("way", ["text", "envelope", "move"])
def test_nothing_is_saved_in_the_platforms_own(moto_stack: MotoStack, way: str):
    text = "name: f\ntasks: [{name: a, type: core.set, properties: {values: {}}}]\n"
    if way == "move":
        flow = save(moto_stack, text)
        answer = moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", {"namespace": "system"})
    else:
        body = (
            {"yamlContent": text + "namespace: system\n"}
            if way == "text"
            else {"yamlContent": text, "namespace": "system"}
        )
        answer = moto_stack.api("POST", "/api/v1/flows", body)
        checked = moto_stack.api("POST", "/api/v1/flows/validate", body)
        assert not checked.body["valid"]

    assert (answer.status, answer.body["code"]) == (400, "invalid_flow")
    assert "platform's own" in answer.body["errors"][0]["message"]


def test_another_tenants_namespace_says_nothing(moto_stack: MotoStack):
    other = claims_of("eve", "admin", tenant="other")
    put(moto_stack, description="private", variables={"shared": "private"})

    assert moto_stack.api("GET", f"{BASE}/team", claims=other).status == 404
    assert moto_stack.api("DELETE", f"{BASE}/team", claims=other).status == 404
    assert [each["name"] for each in moto_stack.api("GET", BASE, claims=other).body] == ["default"]
    theirs = moto_stack.api("PUT", f"{BASE}/team", {"description": "theirs"}, claims=other)
    assert (theirs.body["variables"], theirs.headers["etag"]) == ({}, '"1"')
    assert moto_stack.api("GET", f"{BASE}/team").body["description"] == "private"


def test_templates_read_the_namespaces_variables_behind_the_flows_own(
    moto_stack: MotoStack, execute: Any
):
    flow = save(moto_stack, FLOW)
    put(moto_stack, variables=VARIABLES)

    assert outputs_of(moto_stack, execute(flow["id"]))["all"] == {
        "shared": "team",
        "own": "of team",
        "both": "flow",
        "names": ["own", "both", "deep", "looks", "shared"],
        "text": VARIABLES["looks"],
        "deep": 0.1,
    }


def test_a_variable_that_neither_has_fails_its_task_as_ever(moto_stack: MotoStack, execute: Any):
    flow = save(moto_stack, FLOW)
    put(moto_stack, variables={"shared": 1})

    detail = moto_stack.wait_for_execution(execute(flow["id"]))

    assert detail["execution"]["status"] == "FAILED"
    assert "'vars.looks' is undefined" in detail["execution"]["error"]["message"]


def test_validation_knows_the_names_of_the_namespace(moto_stack: MotoStack):
    put(moto_stack, variables={name: 1 for name in VARIABLES if name != "looks"})

    found = moto_stack.api("POST", "/api/v1/flows/validate", {"yamlContent": FLOW}).body

    assert found["valid"]
    assert [each["message"] for each in found["warnings"]] == ['unknown variable "looks"']
    elsewhere = FLOW.replace("namespace: team", "namespace: other")
    found = moto_stack.api("POST", "/api/v1/flows/validate", {"yamlContent": elsewhere}).body
    assert len(found["warnings"]) == 4


GATED = """
name: gated
namespace: team
tasks:
  - {name: g, type: flow.gate, properties: {message: 'Go?'}}
  - {name: a, type: core.set, dependsOn: [g], properties: {values: {v: '{{ vars.v }}'}}}
  - name: check
    type: util.validate
    dependsOn: [a]
    properties: {data: {x: '{{ vars.x }}'}, schema: {properties: {x: {type: string}}}}
outputs: {v: '{{ outputs.a.v }}'}
"""


def test_an_execution_keeps_what_was_said_at_its_start_and_so_does_its_retry(
    moto_stack: MotoStack, execute: Any
):
    flow = save(moto_stack, GATED)
    put(moto_stack, variables={"v": "then", "x": 1}, retention="1h")
    first = execute(flow["id"])
    approval = moto_stack.wait_for_approval(first)
    put(moto_stack, variables={"v": "now", "x": "text"}, retention="9d")
    moto_stack.api("POST", f"/api/v1/approvals/{approval['id']}/approve")
    detail = moto_stack.wait_for_execution(first)
    assert detail["execution"]["status"] == "FAILED", "x was a number"
    assert json.loads(detail["tasks"][1]["outputs"]) == {"v": "then"}

    for query in ("?full=true", "?revision=latest&full=true"):
        retried = moto_stack.api("POST", f"/api/v1/executions/{first}/retry{query}").body
        approval = moto_stack.wait_for_approval(retried["executionId"])
        moto_stack.api("POST", f"/api/v1/approvals/{approval['id']}/approve")
        detail = moto_stack.wait_for_execution(retried["executionId"])
        assert detail["execution"]["status"] == "FAILED"
        assert json.loads(detail["tasks"][1]["outputs"]) == {"v": "then"}
        assert row_of(moto_stack, retried["executionId"])["retentionSeconds"] == 3600

    later = execute(flow["id"])
    approval = moto_stack.wait_for_approval(later)
    moto_stack.api("POST", f"/api/v1/approvals/{approval['id']}/approve")
    assert outputs_of(moto_stack, later) == {"v": "now"}


def test_what_was_said_outlives_the_namespace(moto_stack: MotoStack, execute: Any):
    flow = save(
        moto_stack, GATED.split("  - name: check", maxsplit=1)[0] + "outputs: {v: '{{ vars.v }}'}\n"
    )
    put(moto_stack, variables={"v": "then"})
    execution_id = execute(flow["id"])
    approval = moto_stack.wait_for_approval(execution_id)
    moto_stack.api("PUT", f"/api/v1/flows/{flow['id']}", {"namespace": "other"})
    assert moto_stack.api("DELETE", f"{BASE}/team").status == 204

    moto_stack.api("POST", f"/api/v1/approvals/{approval['id']}/approve")

    assert outputs_of(moto_stack, execution_id) == {"v": "then"}


CHILD = """
name: child
namespace: lower
tasks: [{name: a, type: core.set, properties: {values: {v: '{{ vars.v }}'}}}]
outputs: {v: '{{ outputs.a.v }}'}
"""
PARENT = """
name: parent
namespace: upper
tasks:
  - {name: sub, type: flow.subflow, properties: {namespace: lower, name: child}}
outputs: {mine: '{{ vars.v }}', childs: '{{ outputs.sub.outputs.v }}'}
"""


def test_a_child_has_what_its_own_namespace_says(moto_stack: MotoStack, execute: Any):
    save(moto_stack, CHILD)
    parent = save(moto_stack, PARENT)
    put(moto_stack, "upper", variables={"v": "up"}, retention="1h")
    put(moto_stack, "lower", variables={"v": "low"}, retention="2h")

    execution_id = execute(parent["id"])

    assert outputs_of(moto_stack, execution_id) == {"mine": "up", "childs": "low"}
    [child] = moto_stack.api("GET", "/api/v1/executions?namespace=lower").body
    assert row_of(moto_stack, child["id"])["retentionSeconds"] == 7200
    assert row_of(moto_stack, execution_id)["retentionSeconds"] == 3600


def test_a_test_run_reads_them_too(moto_stack: MotoStack):
    flow = save(moto_stack, CHILD)
    put(moto_stack, "lower", variables={"v": "low"})

    started = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/test").body

    assert outputs_of(moto_stack, started["executionId"]) == {"v": "low"}


def test_the_key_of_a_concurrency_reads_them(moto_stack: MotoStack, execute: Any):
    text = CHILD + "concurrency: {limit: 1, key: vars.v}\n"
    flow = save(moto_stack, text)
    put(moto_stack, "lower", variables={"v": "a"})
    first = row_of(moto_stack, execute(flow["id"]))
    put(moto_stack, "lower", variables={"v": "b"})
    second = row_of(moto_stack, execute(flow["id"]))

    assert first["slot"]["line"] != second["slot"]["line"]


@pytest.mark.parametrize(
    ("own", "said", "seconds"),
    [("retention: 2h\n", "1h", 7200), ("", "1h", 3600), ("", "", 86_400)],
)
def test_a_flows_retention_wins_then_its_namespaces_then_the_deployments(
    moto_stack: MotoStack, monkeypatch: pytest.MonkeyPatch, own: str, said: str, seconds: int
):
    monkeypatch.setenv("HEADRACE_RETENTION", "*=1d")
    flow = save(moto_stack, CHILD + own)
    put(moto_stack, "lower", retention=said, variables={"v": 1})

    started = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute").body

    assert outputs_of(moto_stack, started["executionId"]) == {"v": 1}
    assert row_of(moto_stack, started["executionId"])["retentionSeconds"] == seconds


def test_a_start_costs_one_small_read_and_a_turn_one_for_all_variables(
    moto_stack: MotoStack, execute: Any
):
    flow = save(moto_stack, FLOW)
    put(moto_stack, variables={**VARIABLES, "large": "x" * 60_000})
    outputs_of(moto_stack, execute(flow["id"]))

    def rows_read() -> list[tuple[str, str]]:
        reads = [call for call in moto_stack.calls.all() if call.operation == "DynamoDB.GetItem"]
        keys = [(call.function, str(call.parameters["Key"]["pk"])) for call in reads]
        return [key for key in keys if "#namespace" in key[1] and key[0] != "namespaces"]

    first = rows_read()
    assert first.count(("executions", "default#namespaces")) == 1
    assert first.count(("runner", "default#namespace-variables")) == 1

    outputs_of(moto_stack, execute(flow["id"]))
    assert rows_read()[len(first) :] == [("executions", "default#namespaces")]


def test_no_task_fails_while_variables_are_out_of_reach(moto_stack: MotoStack, execute: Any):
    flow = save(moto_stack, CHILD)
    put(moto_stack, "lower", variables={"v": "low"})
    error = boto3.client("dynamodb").exceptions.InternalServerError(
        {"Error": {"Code": "InternalServerError"}}, "GetItem"
    )
    moto_stack.calls.fail_next(
        error, lambda call: "namespace-variables" in str(call.parameters.get("Key"))
    )

    assert outputs_of(moto_stack, execute(flow["id"])) == {"v": "low"}


def flows_and_namespaces() -> tuple[Any, NamespaceService]:
    return flow_service(LOCAL_PRINCIPAL), namespace_service(LOCAL_PRINCIPAL)


def test_a_flow_saved_while_its_namespace_is_deleted_keeps_what_it_says(moto_stack: MotoStack):
    """It is saved between the count and the removal: the removal is taken back."""
    put(moto_stack, description="kept", variables={"v": 1})
    flows, namespaces = flows_and_namespaces()
    counts = iter([0])

    def flows_in(name: str) -> int:
        for nothing in counts:
            flows.create(FlowDraft(yaml_content=TEXT))
            return nothing
        return namespaces.members.flows_in(name)

    members = Members(
        flows_by_namespace=dict,
        flows_in=flows_in,
        credentials_by_namespace=dict,
        keys_in=lambda _name: 0,
    )
    racing = NamespaceService(namespaces.namespaces, members, utc_now)

    with pytest.raises(NamespaceNotEmptyError):
        racing.delete("team", None)

    found = namespaces.get("team")
    assert (found.description, found.variables, found.counts.flows) == ("kept", {"v": 1}, 1)


def test_a_namespace_deleted_while_a_flow_is_saved_is_there_anew(moto_stack: MotoStack):
    """The row is seen by the save, and gone before its transaction."""
    put(moto_stack, description="gone")
    flows, namespaces = flows_and_namespaces()
    repository = namespace_repository("default")

    def entry(name: str, now: Any) -> Any:
        writes = repository.entry(name, now)
        assert writes == ()
        namespaces.delete(name, None)
        return writes

    racing = type(flows)(**{**vars(flows), "enter": entry})
    racing.create(FlowDraft(yaml_content=TEXT))

    found = namespaces.get("team")
    assert (found.description, found.counts.flows) == (None, 1)
    assert found in namespaces.all()


@pytest.mark.proof
@pytest.mark.timing
@pytest.mark.usefixtures("moto_stack")
def test_many_first_flows_at_once_make_one_namespace():
    flows, namespaces = flows_and_namespaces()
    texts = [TEXT.replace("late", f"f{number}") for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(_create, flows), texts))

    assert namespaces.get("team").counts.flows == 8


def _create(flows: Any, text: str) -> Any:
    return flows.create(FlowDraft(yaml_content=text))


def test_a_credential_makes_its_namespace_be_there_and_keeps_it(moto_stack: MotoStack):
    draft = {"name": "TOKEN", "value": "a-secret-of-theirs", "namespace": "vault"}
    made = moto_stack.api("POST", "/api/v1/credentials", draft)
    assert made.status == 201, made.body

    found = moto_stack.api("GET", f"{BASE}/vault")
    refused = moto_stack.api("DELETE", f"{BASE}/vault")
    moto_stack.api("DELETE", f"/api/v1/credentials/{made.body['id']}")

    assert (found.status, found.body["counts"]["credentials"]) == (200, 1)
    assert "vault" in [each["name"] for each in moto_stack.api("GET", BASE).body]
    assert (refused.status, refused.body["code"]) == (409, "namespace_not_empty")
    assert moto_stack.api("DELETE", f"{BASE}/vault").status == 204
