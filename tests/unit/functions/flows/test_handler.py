"""The routes of /flows over flows in memory: what a caller sends, and what comes back."""

from typing import Any
from urllib.parse import quote

import pytest

from shared.errors import FlowChangedError
from shared.flows import listing
from tests.support.api import Answer
from tests.support.flows_api import FLOWS, Api, refused

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


def test_a_saved_flow_is_active_and_shows_all_its_fields(api: Api) -> None:
    found = api("POST", "", {"name": "mine", "namespace": "team", "yamlContent": "a"})

    flow = found.json
    assert found.status == 201
    assert found.headers["location"] == f"{FLOWS}/{flow['id']}"
    assert found.headers["etag"] == '"1"'
    assert flow == {
        "id": flow["id"],
        "name": "mine",
        "namespace": "team",
        "description": None,
        "labels": {"from": "yaml"},
        "disabled": False,
        "status": "active",
        "format": "yaml",
        "yamlContent": "a",
        "nodes": None,
        "edges": None,
        "revision": 1,
        "comment": None,
        "tasksTotal": 1,
        "createdAt": "2026-01-02T03:04:06.000Z",
        "createdBy": "local",
        "updatedAt": "2026-01-02T03:04:06.000Z",
        "updatedBy": "local",
    }
    assert api("GET", f"/{flow['id']}").json == flow
    assert api("GET", f"/{flow['id']}").headers["etag"] == '"1"'


def test_a_refused_text_names_every_place(api: Api) -> None:
    found = refused(api("POST", "", {"yamlContent": "a bad"}), 400, "invalid_flow")

    assert found["errors"] == [{"path": "tasks", "message": "is missing", "line": 1, "column": 2}]


def test_what_cannot_run_yet_can_only_be_a_draft(api: Api) -> None:
    found = refused(api("POST", "", {"yamlContent": "a later"}), 400, "not_supported_yet")
    assert found["errors"][0]["path"] == "tasks[0]"

    draft = api.made("a later", status="draft")
    assert draft["status"] == "draft"
    refused(api("POST", f"/{draft['id']}/activate"), 400, "not_supported_yet")
    refused(api("PUT", f"/{draft['id']}", {"status": "active"}), 400, "not_supported_yet")
    assert api("PUT", f"/{draft['id']}", {"labels": {"k": "v"}}).status == 200


def test_a_draft_becomes_active_once_the_engine_can_run_it(api: Api) -> None:
    flow = api.made("a later", status="draft")
    stored = api.flows.flows[flow["id"]]
    api.flows.revisions[flow["id"], 1] = api.flows.revisions[flow["id"], 1].model_copy(
        update={"text": "a"}
    )

    found = api("POST", f"/{flow['id']}/activate")

    assert (found.status, found.json["status"], found.json["revision"]) == (200, "active", 1)
    assert api.flows.revisions[stored.id, 1].plan == b"plan of a"
    assert api.flows.flows[stored.id].has_plan


@pytest.mark.parametrize("body", [{"nodes": []}, {"edges": [], "yamlContent": "a"}])
def test_graphs_are_refused_for_now(api: Api, body: dict[str, Any]) -> None:
    refused(api("POST", "", body), 400, "not_supported_yet")
    flow = api.made()
    refused(api("PUT", f"/{flow['id']}", body), 400, "not_supported_yet")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "yamlContent"),
        ({"yamlContent": "a", "name": "-x"}, "name"),
        ({"yamlContent": "a", "namespace": "Team"}, "namespace"),
        ({"yamlContent": "a", "status": "inactive"}, "status"),
        ({"yamlContent": "a", "labels": {"k": 1}}, "labels.k"),
        ({"yamlContent": "a", "yamlContents": "b"}, "yamlContents"),
        ({"yamlContent": 5}, "yamlContent"),
    ],
)
def test_a_bad_envelope_names_its_field(api: Api, body: dict[str, Any], path: str) -> None:
    found = refused(api("POST", "", body), 400, "invalid_request")

    assert [each["path"] for each in found["errors"]] == [path]


def test_a_name_is_taken_once_in_a_namespace(api: Api) -> None:
    first = api.made("a")

    taken = refused(api("POST", "", {"yamlContent": "a"}), 409, "flow_name_taken")
    other = api.made("a", namespace="team")
    moved = api("PUT", f"/{other['id']}", {"namespace": "default"})
    moved_onto = refused(moved, 409, "flow_name_taken")
    assert [taken["flowId"], moved_onto["flowId"]] == [first["id"]] * 2


@pytest.mark.parametrize("flow_id", [UNKNOWN, "1", "..", UNKNOWN.upper(), "%20"])
def test_an_unknown_or_malformed_id_is_404(api: Api, flow_id: str) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", {"labels": {}}),
        ("DELETE", "", None),
        ("POST", "/activate", None),
        ("POST", "/deactivate", None),
        ("POST", "/draft", None),
    ):
        refused(api(method, f"/{flow_id}{path}", body), 404, "flow_not_found")


def test_the_envelope_stays_and_wins_over_later_texts(api: Api) -> None:
    flow = api.made("a", name="mine", labels={"k": "v"})

    later = api("PUT", f"/{flow['id']}", {"yamlContent": "b with words"}).json

    assert (later["name"], later["labels"]) == ("mine", {"k": "v"})
    assert (later["revision"], later["description"]) == (2, "with words")
    renamed = api("PUT", f"/{flow['id']}", {"name": "yours", "disabled": True}).json
    assert (renamed["name"], renamed["disabled"], renamed["revision"]) == ("yours", True, 2)


def test_without_an_envelope_the_text_names_the_flow(api: Api) -> None:
    flow = api.made("a")

    assert api("PUT", f"/{flow['id']}", {"yamlContent": "b"}).json["name"] == "b"
    assert api.made("a")["name"] == "a"


def test_an_answer_can_be_changed_and_sent_back(api: Api) -> None:
    flow = api.made("a one", comment="why")
    path = f"/{flow['id']}"

    same = api("PUT", path, flow)
    changed = api("PUT", path, {**flow, "yamlContent": "a two", "createdBy": "eve", "revision": 9})

    assert same.status == 200, same.text
    assert {**same.json, "updatedAt": None} == {**flow, "updatedAt": None}
    assert (changed.json["revision"], changed.json["createdBy"]) == (2, "local")
    found = refused(api("PUT", path, {"id": UNKNOWN}), 400, "invalid_request")
    assert [each["path"] for each in found["errors"]] == ["id"]


def test_an_equal_text_makes_no_revision_and_nothing_new_no_version(api: Api) -> None:
    flow = api.made("a")

    found = api("PUT", f"/{flow['id']}", {"yamlContent": "a", "name": None})

    assert found.json == flow
    assert found.headers["etag"] == '"1"'


def test_a_text_that_comes_back_has_a_number_of_its_own(api: Api) -> None:
    flow = api.made("a")
    numbers = [
        api("PUT", f"/{flow['id']}", {"yamlContent": text}).json["revision"]
        for text in ("b", "a", "a", "c")
    ]

    assert numbers == [2, 3, 3, 4]
    assert api.flows.revisions[flow["id"], 3].text == "a"


def test_a_write_over_an_older_version_is_refused(api: Api) -> None:
    flow = api.made("a")
    path = f"/{flow['id']}"
    assert api("PUT", path, {"labels": {}}, {"If-Match": '"1"'}).headers["etag"] == '"2"'

    for method, tail, body in (
        ("PUT", "", {"labels": {"k": "v"}}),
        ("DELETE", "", None),
        ("POST", "/deactivate", None),
    ):
        found = api(method, path + tail, body, {"If-Match": '"1"'})
        refused(found, 412, "precondition_failed")


def test_two_writers_of_different_fields_both_get_through(api: Api) -> None:
    flow = api.made("a")
    path = f"/{flow['id']}"
    api.flows.before_write.append(lambda: api("PUT", path, {"disabled": True}))

    found = api("PUT", path, {"labels": {"k": "v"}})

    assert found.status == 200
    assert (found.json["disabled"], found.json["labels"]) == (True, {"k": "v"})
    assert found.headers["etag"] == '"3"'


def test_a_writer_that_named_its_version_loses_to_one_in_between(api: Api) -> None:
    flow = api.made("a")
    path = f"/{flow['id']}"
    api.flows.before_write.append(lambda: api("PUT", path, {"disabled": True}))

    found = api("PUT", path, {"labels": {"k": "v"}}, {"If-Match": '"1"'})

    refused(found, 412, "precondition_failed")


def test_a_flow_that_never_stands_still_is_409(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = api.made("a")

    def always(*_: Any) -> None:
        raise FlowChangedError("changed")

    monkeypatch.setattr(api.flows, "_check_version", always)
    refused(api("PUT", f"/{flow['id']}", {"disabled": True}), 409, "flow_changed")


def test_the_lifecycle_takes_legal_steps_only(api: Api) -> None:
    path = f"/{api.made('a')['id']}"

    refused(api("POST", f"{path}/activate"), 409, "flow_transition")
    refused(api("POST", f"{path}/draft"), 409, "flow_transition")
    steps = ["deactivate", "activate", "deactivate", "draft", "activate"]
    states = [api("POST", f"{path}/{step}").json["status"] for step in steps]
    assert states == ["inactive", "active", "inactive", "draft", "active"]
    assert api("PUT", path, {"status": "inactive"}).json["status"] == "inactive"
    assert api("PUT", path, {"status": "inactive"}).status == 200
    refused(api("PUT", f"/{api.made('b')['id']}", {"status": "draft"}), 409, "flow_transition")


def test_a_deleted_flow_is_gone_and_its_name_free(api: Api) -> None:
    flow = api.made("a")

    found = api("DELETE", f"/{flow['id']}")

    assert (found.status, found.text) == (204, None)
    refused(api("GET", f"/{flow['id']}"), 404, "flow_not_found")
    api.made("a")


def names(found: Answer) -> list[str]:
    assert found.status == 200, found.text
    return [flow["name"] for flow in found.json]


@pytest.mark.parametrize("label", ["a:b:c", "::v", "k:", "x:" + "y" * 1200, "l\nn:v"])
def test_every_label_is_found(api: Api, label: str) -> None:
    for at, character in enumerate(label):
        if at and character == ":":
            api.made(f"f{at}", labels={label[:at]: label[at + 1 :]})
    api.made("other", labels={label: "v"})

    found = names(api("GET", f"?label={quote(label)}"))

    assert found == [f"f{at}" for at in range(len(label), 0, -1) if label[at : at + 1] == ":"]


def test_the_list_is_newest_first_and_filtered(api: Api) -> None:
    api.made("old", namespace="team", labels={"env": "prod:eu"})
    api.made("mid", status="draft", description="Nightly EXPORT")
    api.made("new")

    assert names(api("GET")) == ["new", "mid", "old"]
    assert names(api("GET", "?namespace=team")) == ["old"]
    assert names(api("GET", "?status=draft")) == ["mid"]
    assert names(api("GET", "?label=env:prod:eu")) == ["old"]
    assert names(api("GET", "?label=env:")) == []
    assert names(api("GET", "?status=draft,active")) == ["new", "mid", "old"]
    assert names(api("GET", "?status=draft,inactive")) == ["mid"]
    assert names(api("GET", "?name=old")) == ["old"]
    assert names(api("GET", "?name=ol")) == []
    assert names(api("GET", "?name=old&namespace=team")) == ["old"]
    assert names(api("GET", "?name=old&namespace=default")) == []
    assert names(api("GET", "?name=old&namespace=team&status=draft")) == []
    assert names(api("GET", "?q=export")) == ["mid"]
    assert names(api("GET", "?q=E&status=active&namespace=default")) == ["new"]
    assert api("GET").json[0]["yamlContent"] == "new"


@pytest.mark.parametrize(
    "query",
    [
        "status=on",
        "status=",
        "status=draft,on",
        "name=a%20b",
        "name=",
        "view=all",
        "namespace=No!",
        "label=novalue",
        "label=:x",
        "q=",
        "limit=0",
        "page=2",
    ],
)
def test_a_wrong_filter_is_refused(api: Api, query: str) -> None:
    refused(api("GET", f"?{query}"), 400, "invalid_request")


def test_pages_follow_each_other_with_the_filters_kept(api: Api) -> None:
    for number in range(5):
        api.made(f"f{number}", namespace="team")
        api.made(f"g{number}")
    seen: list[list[str]] = []
    path = "?limit=2&namespace=team"

    while path:
        found = api("GET", path)
        seen.append(names(found))
        link = found.headers.get("link", "")
        assert not link or link.endswith('>; rel="next"')
        path = link.partition(FLOWS)[2].partition(">")[0]
        assert not path or "namespace=team" in path

    assert seen == [["f4", "f3"], ["f2", "f1"], ["f0"]]


def test_a_cursor_counts_only_for_the_list_it_came_from(api: Api) -> None:
    for number in range(3):
        api.made(f"f{number}")
    link = api("GET", "?limit=1").headers["link"]
    cursor = link.partition("cursor=")[2].partition(">")[0]

    assert api("GET", f"?limit=2&cursor={cursor}").status == 200
    for query in (f"status=active&cursor={cursor}", f"cursor={cursor}x", "cursor=", "cursor=e30"):
        refused(api("GET", f"?{query}"), 400, "invalid_cursor")


def test_a_summary_leaves_out_the_content_and_nothing_else(api: Api) -> None:
    api.made("a", description="long", labels={"k": "v"})
    api.made("b", status="draft")
    content = {"yamlContent", "nodes", "edges"}

    whole, brief = api("GET").json, api("GET", "?view=summary").json

    assert brief == [
        {name: value for name, value in flow.items() if name not in content} for flow in whole
    ]


def test_summaries_read_no_texts_and_count_none(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MAX_PAGE_BYTES", 5_000)
    for name in ("a", "b", "c"):
        api.made(f"{name} {'x' * 20_000}", description="short")
    api.flows.revisions.clear()

    assert names(api("GET", "?view=summary")) == ["c", "b", "a"]


def test_summaries_of_long_descriptions_end_early_with_a_next(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_PAGE_BYTES", 5_000)
    for name in ("a", "b", "c"):
        api.made(name, description="x" * 2_000)

    found = api("GET", "?view=summary")

    assert len(found.json) < 3
    assert "link" in found.headers


def test_a_name_in_a_namespace_is_found_among_many(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FLOWS_A_READ", 1)
    for number in range(20):
        api.made(f"f{number}", namespace="team")

    found = api("GET", "?name=f0&namespace=team")

    assert (names(found), "link" in found.headers) == (["f0"], False)


def test_a_page_of_large_texts_ends_early_with_a_next(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_PAGE_BYTES", 5_000)
    for name in ("a", "b", "c"):
        api.made(f"{name} {'x' * 2_000}")

    found = api("GET")

    assert names(found) == ["c", "b"] or names(found) == ["c"]
    assert "link" in found.headers


def test_a_filter_that_finds_nothing_reads_only_so_much(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FLOWS_A_READ", 2)
    for number in range(20):
        api.made(f"f{number}")

    found = api("GET", "?q=f0")

    assert (found.json, "link" in found.headers) == ([], True)
    seen = []
    while "link" in found.headers:
        path = found.headers["link"].partition(FLOWS)[2].partition(">")[0]
        found = api("GET", path)
        seen += names(found)
    assert seen == ["f0"]


def test_validate_always_answers_200_and_saves_nothing(api: Api) -> None:
    def verdict(body: Any, kind: str | None = None) -> tuple[bool, list[str], list[str]]:
        found = api("POST", "/validate", body, {"content-type": kind} if kind else None)
        assert found.status == 200, found.text
        shown = found.json
        return (
            shown["valid"],
            [each["path"] for each in shown["errors"]],
            [each["message"] for each in shown["warnings"]],
        )

    assert verdict({"yamlContent": "a"}) == (True, [], [])
    assert verdict({"yamlContent": "a bad"}) == (False, ["tasks"], ["is odd"])
    assert verdict({"yamlContent": "a later"}) == (True, [], ["waits"])
    assert verdict({}) == (False, ["yamlContent"], [])
    assert verdict({"yamlContent": 5}) == (False, ["yamlContent"], [])
    assert verdict({"nodes": []}) == (False, ["nodes"], [])
    for kind in ("text/yaml", "application/x-yaml; charset=utf-8", "text/plain"):
        assert verdict("a bad", kind) == (False, ["tasks"], ["is odd"])
    assert api.flows.flows == {}


def test_validate_refuses_what_is_no_json_at_all(api: Api) -> None:
    json = {"content-type": "application/json"}

    refused(api("POST", "/validate", "{", json), 400, "malformed_body")
    refused(api("POST", "/validate", "[]", json), 400, "malformed_body")
    refused(
        api("POST", "/validate", "a", {"content-type": "text/html"}), 415, "unsupported_media_type"
    )
    huge = "x" * (1024 * 1024 + 1)
    refused(api("POST", "/validate", huge, {"content-type": "text/yaml"}), 413, "body_too_large")


def test_a_record_that_no_item_could_hold_is_refused(api: Api) -> None:
    refused(
        api("POST", "", {"yamlContent": "a", "description": "x" * 400_000}), 400, "invalid_flow"
    )


def test_a_text_that_is_missing_from_the_store_is_our_fault(api: Api) -> None:
    flow = api.made("a")
    api.flows.revisions.clear()

    refused(api("GET", f"/{flow['id']}"), 500, "internal_error")
