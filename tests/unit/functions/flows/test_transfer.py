"""The routes that carry whole flows about, over flows in memory."""

from typing import Any

import pytest

from shared.errors import FlowChangedError, FlowNameTakenError
from tests.support.flows_api import FLOWS, Api, refused

YAML = {"Content-Type": "application/yaml"}


def exported(name: str = "a", text: str = "a", **fields: Any) -> dict[str, Any]:
    flow = {"name": name, "yamlContent": text, **fields}
    return {"format": "headrace-flow/v1", "flow": flow}


def names(api: Api) -> list[str]:
    return sorted(f"{each.namespace}/{each.name}" for each in api.flows.flows.values())


# clone


def test_a_clone_is_a_draft_with_content_description_and_labels(api: Api) -> None:
    flow = api.made("a one", labels={"k": "v"}, disabled=True, namespace="team", comment="why")
    api.changed(flow["id"], "a two")

    found = api("POST", f"/{flow['id']}/clone", {"name": "b"})

    clone = found.json
    assert (found.status, found.headers["etag"]) == (201, '"1"')
    assert found.headers["location"] == f"{FLOWS}/{clone['id']}"
    assert (clone["name"], clone["namespace"], clone["status"]) == ("b", "team", "draft")
    assert (clone["yamlContent"], clone["description"]) == ("a two", "two")
    assert (clone["labels"], clone["disabled"], clone["revision"]) == ({"k": "v"}, False, 1)
    assert (clone["comment"], clone["id"] != flow["id"]) == (None, True)
    assert api("GET", f"/{clone['id']}/revisions").json == []
    assert api("GET", f"/{flow['id']}").json["revision"] == 2


def test_a_clone_may_go_to_another_namespace(api: Api) -> None:
    flow = api.made("a")

    clone = api("POST", f"/{flow['id']}/clone", {"name": "a", "namespace": "team"}).json

    assert (clone["name"], clone["namespace"]) == ("a", "team")


def test_a_clone_needs_a_free_name(api: Api) -> None:
    flow = api.made("a")

    found = refused(api("POST", f"/{flow['id']}/clone", {"name": "a"}), 409, "flow_name_taken")

    assert found["flowId"] == flow["id"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "name"),
        ({"name": "-x"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "b", "namespace": "Team"}, "namespace"),
        ({"name": "b", "label": {}}, "label"),
    ],
)
def test_a_wrong_clone_names_its_field(api: Api, body: Any, path: str) -> None:
    flow = api.made("a")

    found = refused(api("POST", f"/{flow['id']}/clone", body), 400, "invalid_request")

    assert [each["path"] for each in found["errors"]] == [path]


def test_a_clone_of_an_older_version_or_of_nothing_is_refused(api: Api) -> None:
    flow = api.made("a")
    path = f"/{flow['id']}/clone"

    refused(api("POST", path, {"name": "b"}, {"If-Match": '"2"'}), 412, "precondition_failed")
    assert api("POST", path, {"name": "b"}, {"If-Match": '"1"'}).status == 201
    refused(api("POST", "/x/clone", {"name": "c"}), 404, "flow_not_found")


# export and import


def test_an_export_holds_what_is_carried_and_nothing_of_the_place(api: Api) -> None:
    flow = api.made("a words", namespace="team", labels={"k": "v"}, comment="secret plan")

    found = api("GET", f"/{flow['id']}/export")

    assert (found.status, found.json) == (
        200,
        {
            "format": "headrace-flow/v1",
            "exportedAt": found.json["exportedAt"],
            "flow": {
                "name": "a",
                "namespace": "team",
                "description": "words",
                "labels": {"k": "v"},
                "format": "yaml",
                "yamlContent": "a words",
            },
            "triggers": [],
        },
    )
    assert found.json["exportedAt"].endswith("Z")
    refused(api("GET", "/x/export"), 404, "flow_not_found")


def test_what_was_exported_is_imported_as_a_draft(api: Api) -> None:
    flow = api.made("a words", name="mine", namespace="team", labels={"k": "v"})
    file = api("GET", f"/{flow['id']}/export").json
    api("DELETE", f"/{flow['id']}")

    found = api("POST", "/import", file)

    made = found.json
    assert (found.status, found.headers["location"]) == (201, f"{FLOWS}/{made['id']}")
    assert (made["status"], made["revision"], made["id"] != flow["id"]) == ("draft", 1, True)
    same = ("name", "namespace", "description", "labels", "yamlContent", "format")
    assert {field: made[field] for field in same} == {field: flow[field] for field in same}
    again = api("GET", f"/{made['id']}/export").json
    assert {**again, "exportedAt": None} == {**file, "exportedAt": None}


def test_a_taken_name_is_a_conflict_unless_something_is_said(api: Api) -> None:
    flow = api.made("a")

    found = refused(api("POST", "/import", exported()), 409, "flow_name_taken")

    assert found["flowId"] == flow["id"]
    refused(api("POST", "/import?onConflict=skip", exported()), 400, "invalid_request")


def test_a_renamed_import_has_the_first_free_number(api: Api) -> None:
    imports = [api("POST", "/import?onConflict=rename", exported()).json for _ in range(4)]
    assert [each["name"] for each in imports] == ["a", "a-2", "a-3", "a-4"]

    api("DELETE", f"/{imports[1]['id']}")
    api.made("a-22")
    assert api("POST", "/import?onConflict=rename", exported()).json["name"] == "a-2"
    elsewhere = exported(namespace="team")
    assert api("POST", "/import?onConflict=rename", elsewhere).json["name"] == "a"


def test_a_long_name_is_cut_for_its_number(api: Api) -> None:
    name = "n" * 100
    found = [api("POST", "/import?onConflict=rename", exported(name)).json for _ in range(11)]

    assert found[1]["name"] == "n" * 98 + "-2"
    assert found[10]["name"] == "n" * 97 + "-11"


def test_a_name_that_is_taken_in_between_gives_the_next_number(api: Api) -> None:
    api.made("a")
    like = api.flows.names_like

    def late(namespace: str, beginning: str) -> frozenset[str]:
        found = like(namespace, beginning)
        if "a-2" not in found:
            api.made("a-2")
        return found

    api.flows.names_like = late  # type: ignore[method-assign]

    assert api("POST", "/import?onConflict=rename", exported()).json["name"] == "a-3"


def test_a_replacing_import_is_a_change_of_the_content(api: Api) -> None:
    flow = api.made("a", labels={"k": "v"}, description="mine")

    found = api("POST", "/import?onConflict=replace", exported(text="a two", labels={"x": "y"}))

    changed = found.json
    assert (found.status, "location" in found.headers) == (200, False)
    assert (changed["id"], changed["revision"], changed["status"]) == (flow["id"], 2, "active")
    assert (changed["yamlContent"], changed["labels"]) == ("a two", {"k": "v"})
    assert changed["description"] == "mine"
    listed = api("GET", f"/{flow['id']}/revisions").json
    assert [each["yamlContent"] for each in listed] == ["a"]


def test_a_replacing_import_without_a_flow_makes_one(api: Api) -> None:
    found = api("POST", "/import?onConflict=replace", exported())

    assert (found.status, found.json["status"], names(api)) == (201, "draft", ["default/a"])


def test_a_flow_that_is_replaced_keeps_its_name_whatever_the_text_says(api: Api) -> None:
    flow = api.made("a")

    changed = api("POST", "/import?onConflict=replace", exported(text="z two")).json

    assert (changed["id"], changed["name"], changed["revision"]) == (flow["id"], "a", 2)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"format": "other/v1"}, "format"),
        ({"format": None}, "format"),
        ({"flow": None}, "flow"),
        ({"flow": {"name": "a"}}, "flow.yamlContent"),
        ({"flow": {"yamlContent": "a"}}, "flow.name"),
        ({"flow": {"name": "a/b", "yamlContent": "a"}}, "flow.name"),
        ({"flow": {"name": "a", "yamlContent": "a", "namespace": "A"}}, "flow.namespace"),
        ({"flow": {"name": "a", "yamlContent": "a", "format": "graph"}}, "flow.format"),
        ({"flow": {"name": "a", "yamlContent": "a", "id": "x"}}, "flow.id"),
        ({"triggers": {}}, "triggers"),
        ({"exportedAt": "yesterday"}, "exportedAt"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_file_names_its_field(api: Api, change: dict[str, Any], path: str) -> None:
    file = {name: value for name, value in (exported() | change).items() if value is not None}

    found = refused(api("POST", "/import", file), 400, "invalid_request")

    assert [each["path"] for each in found["errors"]] == [path]


def test_triggers_are_not_imported_yet(api: Api) -> None:
    file = exported() | {"triggers": [{"name": "t", "type": "cron"}]}

    found = refused(api("POST", "/import", file), 400, "not_supported_yet")

    assert (found["errors"][0]["path"], api.flows.flows) == ("triggers", {})


def test_an_imported_text_is_checked(api: Api) -> None:
    refused(api("POST", "/import", exported(text="a bad")), 400, "invalid_flow")
    assert api("POST", "/import", exported(text="a later")).json["status"] == "draft"


# by name


def test_a_flow_is_made_and_then_changed_by_its_name(api: Api) -> None:
    made = api("PUT", "/by-name/team/a", "a one", YAML)
    changed = api("PUT", "/by-name/team/a?comment=better", "a two", YAML)
    same = api("PUT", "/by-name/team/a", "a two", YAML)

    assert (made.status, changed.status, same.status) == (201, 200, 200)
    assert made.headers["location"] == f"{FLOWS}/{made.json['id']}"
    assert (made.json["namespace"], made.json["status"]) == ("team", "active")
    assert changed.json["id"] == made.json["id"]
    assert (changed.json["revision"], changed.json["comment"]) == (2, "better")
    assert (same.json, same.headers["etag"]) == (changed.json, '"2"')


def test_applying_what_is_there_changes_nothing_whoever_made_it(api: Api) -> None:
    flow = api.made("a one")

    found = api("PUT", "/by-name/default/a", "a one", YAML)

    assert (found.status, found.json, found.headers["etag"]) == (200, flow, '"1"')


def test_the_name_of_the_path_wins_over_the_texts(api: Api) -> None:
    made = api("PUT", "/by-name/team/mine", "a one", YAML).json
    changed = api("PUT", "/by-name/team/mine", "b two", YAML).json
    named = api.made("c")
    kept = api("PUT", "/by-name/default/c", "z new", YAML).json

    assert (made["name"], made["namespace"]) == ("mine", "team")
    assert (changed["id"], changed["name"]) == (made["id"], "mine")
    assert (kept["id"], kept["name"], kept["yamlContent"]) == (named["id"], "c", "z new")


@pytest.mark.parametrize(
    ("body", "path"), [({"name": "other"}, "name"), ({"namespace": "other"}, "namespace")]
)
def test_a_body_that_says_another_name_is_refused(api: Api, body: Any, path: str) -> None:
    for _ in range(2):  # for a new flow, and for one that is there
        found = api("PUT", "/by-name/team/a", {"yamlContent": "a", **body})
        assert [each["path"] for each in refused(found, 400, "invalid_request")["errors"]] == [path]
        same = {"yamlContent": "a", "name": "a", "namespace": "team"}
        assert api("PUT", "/by-name/team/a", same).status in {200, 201}


def test_an_answer_can_be_sent_where_there_is_no_such_flow(api: Api) -> None:
    answer = api.made("a one")
    elsewhere = {**answer, "id": None, "namespace": "team"}

    made = api("PUT", "/by-name/team/a", elsewhere)

    assert (made.status, made.json["revision"], made.json["namespace"]) == (201, 1, "team")
    other = api("PUT", "/by-name/third/a", {**answer, "namespace": "third"})
    [problem] = refused(other, 400, "invalid_request")["errors"]
    assert problem["path"] == "id"
    [problem] = refused(api("PUT", "/by-name/third/a", {"nmae": "x"}), 400, "invalid_request")[
        "errors"
    ]
    assert "did you mean" in problem["message"]


def test_what_is_missing_is_told_as_for_a_new_flow(api: Api) -> None:
    found = refused(api("PUT", "/by-name/team/a", {"disabled": True}), 400, "invalid_request")
    assert found["errors"][0]["path"] == "yamlContent"
    inactive = api("PUT", "/by-name/team/a", {"yamlContent": "a", "status": "inactive"})
    refused(inactive, 400, "invalid_request")

    flow = api("PUT", "/by-name/team/a", {"yamlContent": "a", "status": "draft"}).json
    assert flow["status"] == "draft"
    changed = api("PUT", "/by-name/team/a", {"disabled": True, "status": "active"}).json
    assert (changed["id"], changed["disabled"], changed["status"]) == (flow["id"], True, "active")
    found = api("PUT", "/by-name/team/a?status=draft", "a", YAML)
    refused(found, 409, "flow_transition")


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("Team/a", "namespace"),
        ("team/-a", "name"),
        (f"team/{'n' * 101}", "name"),
        (f"{'n' * 151}/a", "namespace"),
        ("team/%20", "name"),
    ],
)
def test_a_name_that_no_flow_could_have_is_refused(api: Api, place: str, path: str) -> None:
    found = refused(api("PUT", f"/by-name/{place}", "a", YAML), 400, "invalid_request")

    assert [each["path"] for each in found["errors"]] == [path]


def test_by_name_honours_the_version(api: Api) -> None:
    found = api("PUT", "/by-name/team/a", "a", {**YAML, "If-Match": "*"})
    refused(found, 412, "precondition_failed")
    assert api.flows.flows == {}

    api("PUT", "/by-name/team/a", "a", YAML)
    wrong = api("PUT", "/by-name/team/a", "a two", {**YAML, "If-Match": '"2"'})
    refused(wrong, 412, "precondition_failed")
    right = api("PUT", "/by-name/team/a", "a two", {**YAML, "If-Match": '"1"'})
    assert right.json["revision"] == 2


def test_by_name_makes_a_flow_only_where_there_is_none_if_that_is_asked(api: Api) -> None:
    only_new = {**YAML, "If-None-Match": "*"}

    made = api("PUT", "/by-name/team/a", "a", only_new)
    again = api("PUT", "/by-name/team/a", "a two", only_new)

    assert made.status == 201
    refused(again, 412, "precondition_failed")
    assert api("GET", f"/{made.json['id']}").json["revision"] == 1


def test_who_makes_a_flow_that_somebody_made_in_between_changes_it(api: Api) -> None:
    add = api.flows.add

    def late(*arguments: Any) -> None:
        api.flows.add = add  # type: ignore[method-assign]
        api.made("a first")
        add(*arguments)

    api.flows.add = late  # type: ignore[method-assign, assignment]

    found = api("PUT", "/by-name/default/a", "a second", YAML)

    assert (found.status, found.json["revision"], names(api)) == (200, 2, ["default/a"])


def test_who_changes_a_flow_that_was_renamed_in_between_makes_one(api: Api) -> None:
    flow = api.made("a first")
    renaming = {"name": "other"}
    api.flows.before_write.append(lambda: api("PUT", f"/{flow['id']}", renaming))

    found = api("PUT", "/by-name/default/a", "a second", YAML)

    assert (found.status, found.json["id"] != flow["id"]) == (201, True)
    assert names(api) == ["default/a", "default/other"]
    assert api("GET", f"/{flow['id']}").json["yamlContent"] == "a first"


def test_who_changes_a_flow_that_was_deleted_in_between_makes_one(api: Api) -> None:
    flow = api.made("a first")
    api.flows.before_write.append(lambda: api("DELETE", f"/{flow['id']}"))

    found = api("PUT", "/by-name/default/a", "a second", YAML)

    assert (found.status, found.json["revision"], names(api)) == (201, 1, ["default/a"])


@pytest.mark.parametrize("error", [FlowChangedError("x"), FlowNameTakenError("x", flow_id="y")])
def test_a_name_that_never_stands_still_is_409(api: Api, error: Exception) -> None:
    def never(*_: Any) -> None:
        raise error

    api.flows.add = never  # type: ignore[method-assign, assignment]

    refused(api("PUT", "/by-name/default/a", "a", YAML), 409, "flow_changed")
