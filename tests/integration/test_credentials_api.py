"""Credentials over HTTP: a value goes in and never comes out; names, tenants, roles, deletion."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.calls import Call
from tests.support.events import claims_of
from tests.support.secrecy import Secrets, kept
from tests.support.stack import Answer, MotoStack

BASE = "/api/v1/credentials"
VALUE = "hX7!qL2#vR9$tM4&"
EDITOR = claims_of("eve", "editor")
OTHER_ADMIN = claims_of("otto", "admin", tenant="umbrella")
NOWHERE = "0192a3b4-c5d6-7890-8abc-def012345678"


def store(stack: MotoStack, name: str = "TOKEN", value: Any = VALUE, **fields: Any) -> Any:
    answer = stack.api("POST", BASE, {"name": name, "value": value, **fields})
    assert answer.status == 201, answer.body
    return answer.body


def names(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [each["name"] for each in answer.body]


def saying(name: str, **fields: Any) -> str:
    task = {"name": "a", "type": "util.log", "properties": {"message": f"${{{name}}}"}}
    return json.dumps({"name": f"says-{name.lower()}", "tasks": [task], **fields})


def test_a_credential_is_made_read_listed_written_and_deleted(moto_stack: MotoStack):
    made = moto_stack.api("POST", BASE, {"name": "TOKEN", "value": VALUE, "description": "of X"})

    assert (made.status, made.headers["etag"]) == (201, '"1"')
    assert made.headers["location"] == f"{BASE}/{made.body['id']}"
    assert {**made.body, "id": "", "createdAt": "", "updatedAt": ""} == {
        "id": "",
        "name": "TOKEN",
        "type": "text",
        "namespace": None,
        "description": "of X",
        "token": None,
        "createdAt": "",
        "updatedAt": "",
        "lastUsedAt": None,
    }
    place = f"{BASE}/{made.body['id']}"
    assert moto_stack.api("GET", place).body == made.body
    assert moto_stack.api("GET", BASE).body == [made.body]

    changed = moto_stack.api("PUT", place, {"value": {"user": "u", "password": VALUE}})

    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert (changed.body["type"], changed.body["description"]) == ("map", "of X")
    assert moto_stack.api("GET", place).body == changed.body
    cleared = moto_stack.api("PUT", place, {**changed.body, "description": ""})
    assert (cleared.body["description"], cleared.headers["etag"]) == (None, '"3"')
    assert moto_stack.api("PUT", place, cleared.body | {"description": None}).headers["etag"] == (
        '"3"'
    )
    assert moto_stack.api("DELETE", place).status == 204
    gone = moto_stack.api("GET", place)
    assert (gone.status, gone.body["code"]) == (404, "credential_not_found")
    assert moto_stack.api("DELETE", place).status == 404
    store(moto_stack)  # the name is free again


def test_no_value_is_kept_or_told_in_the_clear(moto_stack: MotoStack):
    search = Secrets({"text": VALUE, "field": "kW5^zN8*bJ3("})
    key = {"Idempotency-Key": "k1"}
    body = {"name": "TOKEN", "value": VALUE}

    first = moto_stack.api("POST", BASE, body, key)
    again = moto_stack.api("POST", BASE, body, key)
    place = f"{BASE}/{first.body['id']}"
    answers = [
        first,
        again,
        moto_stack.api("PUT", place, {"value": {"password": "kW5^zN8*bJ3("}}),
        moto_stack.api("GET", place),
        moto_stack.api("GET", BASE),
    ]

    assert again.headers["idempotency-replayed"] == "true"
    assert again.body == first.body
    assert search.found_in((str(each.status), [each.body, each.headers]) for each in answers) == []
    assert search.found_in(kept(moto_stack)) == []


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": "token"}, "name"),
        ({"name": "1TOKEN"}, "name"),
        ({"name": "T" * 129}, "name"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"value": None}, "value"),
        ({"value": ""}, "value"),
        ({"value": 8_170_264_953}, "value"),
        ({"value": [VALUE]}, "value"),
        ({"value": {}}, "value"),
        ({"value": {"deep": {"er": VALUE}}}, "value"),
        ({"value": {"none": None}}, "value"),
        ({"value": {"": VALUE}}, "value"),
        ({"value": {f"f{n}": "x" for n in range(51)}}, "value"),
        ({"value": "ö" * 32_769}, "value"),
        ({"value": {"a": "x" * 40_000, "b": "x" * 40_000}}, "value"),
        ({"type": "map"}, "type"),
        ({"type": "oauth2"}, "type"),
        ({"type": "jks"}, "type"),
        ({"namespace": "Not One"}, "namespace"),
        ({"namespace": "system"}, "namespace"),
        ({"namespace": "n" * 151}, "namespace"),
        ({"description": "d" * 1_001}, "description"),
        ({"lastUsed": 1}, "lastUsed"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_field_and_without_its_value(
    fields: dict[str, Any], path: str, moto_stack: MotoStack
):
    answer = moto_stack.api("POST", BASE, {"name": "TOKEN", "value": VALUE, **fields})

    assert answer.status == 400
    assert [each["path"] for each in answer.body["errors"]] == [path]
    assert VALUE not in json.dumps(answer.body)
    assert "8170264953" not in json.dumps(answer.body)
    if fields.get("type") == "oauth2":
        assert answer.body["code"] == "not_supported_yet"
    assert moto_stack.api("GET", BASE).body == []


def test_the_largest_values_are_stored(moto_stack: MotoStack):
    store(moto_stack, "TEXT", "ö" * 32_768)
    assert store(moto_stack, "MAP", {f"f{n}": "x" * 1_300 for n in range(50)})["type"] == "map"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": "OTHER"}, "name"),
        ({"namespace": "shop"}, "namespace"),
        ({"id": NOWHERE}, "id"),
        ({"type": "map"}, "type"),
        ({"value": {"a": {}}}, "value"),
        ({"value": VALUE, "type": "map"}, "type"),
        ({"nmae": "x"}, "nmae"),
    ],
)
def test_what_is_fixed_or_wrong_stays_as_it_was(
    fields: dict[str, Any], path: str, moto_stack: MotoStack
):
    made = store(moto_stack)

    answer = moto_stack.api("PUT", f"{BASE}/{made['id']}", fields)

    assert (answer.status, [each["path"] for each in answer.body["errors"]]) == (400, [path])
    assert moto_stack.api("GET", f"{BASE}/{made['id']}").body == made


def test_a_name_is_taken_once_in_a_namespace_and_once_for_all(moto_stack: MotoStack):
    store(moto_stack)
    store(moto_stack, namespace="shop")
    store(moto_stack, namespace="billing")

    for fields in ({}, {"namespace": "shop"}):
        taken = moto_stack.api("POST", BASE, {"name": "TOKEN", "value": "x", **fields})
        assert (taken.status, taken.body["code"]) == (409, "credential_name_taken")
    assert len(moto_stack.api("GET", BASE).body) == 3
    assert len(moto_stack.api("GET", f"{BASE}?namespace=shop").body) == 1
    assert moto_stack.api("GET", f"{BASE}?namespace=none").body == []
    assert moto_stack.api("GET", f"{BASE}?namespace=Not One").status == 400


def test_lists_go_on_behind_their_pages(moto_stack: MotoStack):
    for number in range(5):
        store(moto_stack, f"A{number}", namespace="shop" if number % 2 else None)

    first = moto_stack.api("GET", f"{BASE}?limit=2")
    link = first.headers["link"].partition(">")[0].removeprefix("<")
    second = moto_stack.api("GET", link)

    assert names(first) + names(second) == ["A4", "A3", "A2", "A1"]
    shop = moto_stack.api("GET", f"{BASE}?namespace=shop&limit=1")
    link = shop.headers["link"].partition(">")[0].removeprefix("<")
    assert names(shop) + names(moto_stack.api("GET", link)) == ["A3", "A1"]
    assert "link" not in moto_stack.api("GET", link).headers
    strange = link.replace("namespace=shop&", "")
    assert moto_stack.api("GET", strange).body["code"] == "invalid_cursor"


def test_a_condition_on_its_version_is_honoured(moto_stack: MotoStack):
    place = f"{BASE}/{store(moto_stack)['id']}"
    old, new = {"If-Match": '"7"'}, {"If-Match": '"1"'}

    for method, body in (("PUT", {"value": "x"}), ("DELETE", None)):
        answer = moto_stack.api(method, place, body, old)
        assert (answer.status, answer.body["code"]) == (412, "precondition_failed")
    assert moto_stack.api("PUT", place, {"value": "x"}, new).headers["etag"] == '"2"'
    assert moto_stack.api("DELETE", place, None, new).status == 412
    assert moto_stack.api("DELETE", place, None, {"If-Match": '"2"'}).status == 204


def test_another_tenants_are_unknown_and_names_are_its_own(moto_stack: MotoStack):
    made = store(moto_stack)
    place = f"{BASE}/{made['id']}"

    for method, body in (("GET", None), ("PUT", {"value": "x"}), ("DELETE", None)):
        answer = moto_stack.api(method, place, body, claims=OTHER_ADMIN)
        assert (answer.status, answer.body["code"]) == (404, "credential_not_found")
    assert moto_stack.api("GET", BASE, claims=OTHER_ADMIN).body == []
    theirs = moto_stack.api("POST", BASE, {"name": "TOKEN", "value": "y"}, claims=OTHER_ADMIN)
    assert theirs.status == 201
    assert moto_stack.api("GET", BASE).body == [made]


@pytest.mark.parametrize("odd", ["x", "%20", "'", "a" * 3_000, NOWHERE])
def test_what_is_no_id_is_unknown(odd: str, moto_stack: MotoStack):
    for method, body in (("GET", None), ("PUT", {"value": "x"}), ("DELETE", None)):
        assert moto_stack.api(method, f"{BASE}/{odd}", body).status == 404


def test_editors_see_that_they_exist_and_admins_alone_write(moto_stack: MotoStack):
    place = f"{BASE}/{store(moto_stack)['id']}"
    body = {"name": "OTHER", "value": "x"}

    assert names(moto_stack.api("GET", BASE, claims=EDITOR)) == ["TOKEN"]
    assert moto_stack.api("GET", place, claims=EDITOR).status == 200
    for method, path in (("POST", BASE), ("PUT", place), ("DELETE", place)):
        answer = moto_stack.api(method, path, body, claims=EDITOR)
        assert (answer.status, answer.body["code"]) == (403, "forbidden")
    assert moto_stack.api("GET", BASE, claims=claims_of("vic", "viewer")).status == 403


def of_kms(call: Call) -> bool:
    return call.operation == "KMS.GenerateDataKey"


def throttled(code: str = "ThrottlingException") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "slow"}}, "GenerateDataKey")


def test_where_kms_is_out_of_reach_nothing_is_half_made(moto_stack: MotoStack):
    moto_stack.calls.fail_next(throttled(), of_kms)
    answer = moto_stack.api("POST", BASE, {"name": "A", "value": "x"}, {"Idempotency-Key": "k"})

    assert (answer.status, answer.body["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert moto_stack.api("GET", BASE).body == []
    again = moto_stack.api("POST", BASE, {"name": "A", "value": "x"}, {"Idempotency-Key": "k"})
    assert again.status == 201
    moto_stack.calls.fail_next(throttled(), of_kms)
    place = f"{BASE}/{again.body['id']}"
    assert moto_stack.api("PUT", place, {"value": "y", "description": "d"}).status == 503
    assert moto_stack.api("GET", place).body == again.body


def test_a_write_between_read_and_write_is_not_lost(moto_stack: MotoStack):
    place = f"{BASE}/{store(moto_stack)['id']}"

    def describe() -> Any:
        return moto_stack.api("PUT", place, {"description": "meanwhile"})

    # Read, key, then the read before the write.
    moto_stack.calls.meanwhile(4, "credentials", describe)
    answer = moto_stack.api("PUT", place, {"value": {"a": "b"}})

    assert not moto_stack.calls.has_interrupted or answer.status == 200
    assert (answer.body["description"], answer.body["type"]) == ("meanwhile", "map")
    assert answer.headers["etag"] == '"3"'


def test_the_function_that_seals_can_open_nothing(moto_stack: MotoStack):
    store(moto_stack)

    assert [each for each in moto_stack.calls.of("credentials") if each.startswith("KMS")] == [
        "KMS.GenerateDataKey"
    ]


def test_one_that_an_active_flow_names_is_kept_unless_forced(
    moto_stack: MotoStack, create_flow: Any
):
    made = store(moto_stack)
    place = f"{BASE}/{made['id']}"
    flow = create_flow(saying("TOKEN"))
    create_flow(saying("OTHER"))

    refused = moto_stack.api("DELETE", place)

    assert (refused.status, refused.body["code"]) == (409, "in_use")
    assert refused.body["flows"] == [{"id": flow["id"], "name": "says-token"}]
    assert moto_stack.api("GET", place).status == 200
    assert moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/deactivate").status == 200
    assert moto_stack.api("DELETE", place).status == 204
    again = f"{BASE}/{store(moto_stack)['id']}"
    assert moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/activate").status == 200
    assert moto_stack.api("DELETE", again).status == 409
    assert moto_stack.api("DELETE", f"{again}?force=maybe").status == 400
    assert moto_stack.api("DELETE", f"{again}?force=true").status == 204


def test_the_flows_of_other_namespaces_and_tenants_do_not_hold_one(
    moto_stack: MotoStack, create_flow: Any
):
    of_shop = store(moto_stack, namespace="shop")
    create_flow(saying("TOKEN", namespace="billing"))
    moto_stack.api("POST", "/api/v1/flows", {"yamlContent": saying("TOKEN", namespace="shop")},
                   claims=OTHER_ADMIN)  # fmt: skip

    assert moto_stack.api("DELETE", f"{BASE}/{of_shop['id']}").status == 204


def test_one_for_all_is_held_by_those_whose_namespace_has_none_of_its_own(
    moto_stack: MotoStack, create_flow: Any
):
    for_all = f"{BASE}/{store(moto_stack)['id']}"
    store(moto_stack, namespace="shop")
    create_flow(saying("TOKEN", namespace="shop"))

    assert moto_stack.api("DELETE", for_all).status == 204
    for_all = f"{BASE}/{store(moto_stack)['id']}"
    create_flow(saying("TOKEN", namespace="billing"))
    assert moto_stack.api("DELETE", for_all).body["flows"][0]["name"] == "says-token"


def test_a_flow_saved_before_names_were_noted_holds_one_too(
    moto_stack: MotoStack, create_flow: Any
):
    place = f"{BASE}/{store(moto_stack)['id']}"
    flow = create_flow(saying("TOKEN"))
    table = boto3.resource("dynamodb").Table(moto_stack.environment["FLOWS_TABLE_NAME"])
    table.update_item(
        Key={"pk": "default#flows", "sk": flow["id"]}, UpdateExpression="REMOVE credentials"
    )

    assert moto_stack.api("DELETE", place).body["flows"] == [
        {"id": flow["id"], "name": "says-token"}
    ]


def test_a_check_warns_of_names_that_are_unknown_where_the_flow_stands(moto_stack: MotoStack):
    store(moto_stack, "TOKEN", namespace="shop")
    store(moto_stack, "ANY")

    def warnings(name: str, namespace: str) -> list[str]:
        text = saying(name, namespace=namespace)
        answer = moto_stack.api("POST", "/api/v1/flows/validate", {"yamlContent": text})
        assert answer.body["valid"], answer.body
        return [each["message"] for each in answer.body["warnings"]]

    assert warnings("TOKEN", "shop") == warnings("ANY", "shop") == warnings("ANY", "x") == []
    assert warnings("TOKEN", "x") == ['credential "TOKEN" not found']
    assert warnings("NONE", "shop") == ['credential "NONE" not found']
