"""The routes of revisions over flows in memory: what was replaced, compared and restored."""

from dataclasses import replace
from typing import Any

import pytest

from shared.flows import revisions
from tests.support.flows_api import FLOWS, Api, refused


def flow_of(api: Api, *texts: str) -> str:
    """Save these texts one after the other; the id of the flow."""
    first, *others = texts
    flow = api.made(first)
    for number, text in enumerate(others, 2):
        api.changed(flow["id"], text, comment=f"why {number}")
    return f"/{flow['id']}"


def test_a_fresh_flow_has_no_revisions_and_its_text_is_the_first(api: Api) -> None:
    path = flow_of(api, "a")

    assert api("GET", f"{path}/revisions").json == []
    found = api("GET", f"{path}/revisions/1")
    assert (found.status, found.json) == (
        200,
        {
            "revision": 1,
            "yamlContent": "a",
            "createdAt": "2026-01-02T03:04:06.000Z",
            "createdBy": "local",
            "comment": None,
        },
    )


def test_the_list_holds_the_contents_that_were_replaced_newest_first(api: Api) -> None:
    path = flow_of(api, "a", "a two", "a three")

    found = api("GET", f"{path}/revisions").json

    assert [(each["revision"], each["yamlContent"]) for each in found] == [(2, "a two"), (1, "a")]
    assert [each["comment"] for each in found] == ["why 2", None]
    assert api("GET", path).json["revision"] == 3
    assert api("GET", f"{path}/revisions/3").json["yamlContent"] == "a three"


def test_a_revision_keeps_who_saved_it_and_when_and_the_flow_who_changed_it(api: Api) -> None:
    path = flow_of(api, "a", "a two")
    before = api("GET", f"{path}/revisions/2").json
    api.service = replace(api.service, author="ann")

    changed = api("PUT", path, {"disabled": True}).json

    assert (changed["createdBy"], changed["updatedBy"]) == ("local", "ann")
    assert api("GET", f"{path}/revisions/2").json == before
    third = api.changed(path[1:], "a three")
    assert third["updatedBy"] == "ann"
    assert api("GET", f"{path}/revisions/3").json["createdBy"] == "ann"


@pytest.mark.parametrize(
    "number", ["0", "4", "-1", "x", "01", "+1", "1.0", "٣", "9" * 9, "9" * 1200, "latest"]
)
def test_what_can_be_no_number_of_a_revision_is_404(api: Api, number: str) -> None:
    path = flow_of(api, "a", "a two", "a three")

    for method, tail in (("GET", ""), ("GET", "/diff"), ("POST", "/restore")):
        found = api(method, f"{path}/revisions/{number}{tail}")
        assert found.status == 404, found.text
        if found.json["code"] != "route_not_found":
            refused(found, 404, "revision_not_found")


def test_an_unknown_flow_has_no_revisions(api: Api) -> None:
    for flow_id in ("01890a5d-ac96-774b-bcce-b302099a8057", "x"):
        for method, tail in (
            ("GET", "revisions"),
            ("GET", "revisions/1"),
            ("GET", "revisions/1/diff"),
            ("POST", "revisions/1/restore"),
            ("GET", "graph?revision=1"),
        ):
            refused(api(method, f"/{flow_id}/{tail}"), 404, "flow_not_found")


def numbers_of_pages(api: Api, path: str) -> list[list[int]]:
    pages = []
    while path:
        found = api("GET", path)
        assert found.status == 200, found.text
        pages.append([each["revision"] for each in found.json])
        path = found.headers.get("link", "").partition(FLOWS)[2].partition(">")[0]
    return pages


def test_revisions_come_in_pages_that_end(api: Api) -> None:
    path = flow_of(api, *(f"a {number}" for number in range(6)))

    assert numbers_of_pages(api, f"{path}/revisions?limit=2") == [[5, 4], [3, 2], [1]]
    assert numbers_of_pages(api, f"{path}/revisions?limit=5") == [[5, 4, 3, 2, 1]]
    assert numbers_of_pages(api, f"{path}/revisions") == [[5, 4, 3, 2, 1]]


def test_a_page_reads_on_and_ends_early_when_it_is_large(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = flow_of(api, *(f"a {'x' * 1_000}{number}" for number in range(8)))
    monkeypatch.setattr(revisions, "REVISIONS_A_READ", 2)
    monkeypatch.setattr(revisions, "MAX_PAGE_BYTES", 4_500)

    assert numbers_of_pages(api, f"{path}/revisions") == [[7, 6, 5], [4, 3, 2], [1]]
    monkeypatch.setattr(revisions, "MAX_PAGE_BYTES", 1)
    assert numbers_of_pages(api, f"{path}/revisions?limit=7") == [[n] for n in range(7, 0, -1)]


def test_a_revision_saved_between_two_pages_changes_no_later_page(api: Api) -> None:
    path = flow_of(api, "a 1", "a 2", "a 3", "a 4")
    first = api("GET", f"{path}/revisions?limit=1")
    api.changed(path[1:], "a 5")

    link = first.headers["link"].partition(FLOWS)[2].partition(">")[0]

    assert [each["revision"] for each in api("GET", link).json] == [2]


def test_a_cursor_counts_only_for_the_flow_it_came_from(api: Api) -> None:
    path, other = flow_of(api, "a", "a 2", "a 3"), flow_of(api, "b", "b 2", "b 3")
    link = api("GET", f"{path}/revisions?limit=1").headers["link"]
    cursor = link.partition("cursor=")[2].partition(">")[0]

    assert api("GET", f"{path}/revisions?cursor={cursor}").status == 200
    for query in (f"{other}/revisions?cursor={cursor}", f"?cursor={cursor}", f"{path}?cursor=x"):
        found = api("GET", query)
        assert found.status == 400, found.text
    refused(api("GET", f"{other}/revisions?cursor={cursor}"), 400, "invalid_cursor")


def test_a_diff_goes_from_a_revision_to_the_present_one_or_another(api: Api) -> None:
    path = flow_of(api, "a one\n", "a two\n", "a three\n")

    found = api("GET", f"{path}/revisions/1/diff").json

    assert found == {
        "revision": 1,
        "against": 3,
        "diff": "--- revision 1\n+++ revision 3\n@@ -1,1 +1,1 @@\n-a one\n+a three\n",
    }
    back = api("GET", f"{path}/revisions/3/diff?against=2").json
    assert back["diff"].endswith("-a three\n+a two\n")
    assert api("GET", f"{path}/revisions/2/diff?against=2").json["diff"] == ""


@pytest.mark.parametrize("against", ["0", "x", "", "1.5", "100000000", "9" * 5_000])
def test_a_wrong_number_to_compare_with_is_refused(api: Api, against: str) -> None:
    path = flow_of(api, "a", "b")

    refused(api("GET", f"{path}/revisions/1/diff?against={against}"), 400, "invalid_request")
    refused(api("GET", f"{path}/graph?revision={against}"), 400, "invalid_request")


def test_an_unknown_number_to_compare_with_is_404(api: Api) -> None:
    path = flow_of(api, "a", "b")

    found = refused(api("GET", f"{path}/revisions/1/diff?against=3"), 404, "revision_not_found")
    assert "newest is 2" in found["detail"]
    refused(api("GET", f"{path}/graph?revision=3"), 404, "revision_not_found")


def test_what_is_restored_is_a_revision_of_its_own(api: Api) -> None:
    path = flow_of(api, "a", "b two", "c")

    found = api("POST", f"{path}/revisions/2/restore", {"comment": "c was wrong"})

    assert (found.status, found.headers["etag"]) == (200, '"4"')
    flow = found.json
    assert (flow["revision"], flow["yamlContent"], flow["name"]) == (4, "b two", "b")
    assert (flow["comment"], flow["description"]) == ("c was wrong", "two")
    listed = api("GET", f"{path}/revisions").json
    assert [each["yamlContent"] for each in listed] == ["c", "b two", "a"]
    assert api("GET", f"{path}/revisions/4").json["comment"] == "c was wrong"


def test_restoring_what_is_there_changes_nothing(api: Api) -> None:
    path = flow_of(api, "a", "b")
    before = api("GET", path).json

    found = api("POST", f"{path}/revisions/2/restore", {"comment": "again"})

    assert (found.status, found.json, found.headers["etag"]) == (200, before, '"2"')


def test_a_restored_text_keeps_what_stands_beside_it(api: Api) -> None:
    flow = api.made("a", name="mine", labels={"k": "v"})
    api.changed(flow["id"], "b")

    found = api("POST", f"/{flow['id']}/revisions/1/restore").json

    assert (found["name"], found["labels"], found["yamlContent"]) == ("mine", {"k": "v"}, "a")


def test_a_restored_text_is_validated_again(api: Api) -> None:
    path = flow_of(api, "a", "b", "c")
    for number, text in ((1, "a bad"), (2, "b later")):
        stored = api.flows.revisions[path[1:], number]
        api.flows.revisions[path[1:], number] = stored.model_copy(update={"text": text})

    refused(api("POST", f"{path}/revisions/1/restore"), 400, "invalid_flow")
    refused(api("POST", f"{path}/revisions/2/restore"), 400, "not_supported_yet")
    assert api("GET", path).json["revision"] == 3


def test_a_restore_over_an_older_version_is_refused(api: Api) -> None:
    path = flow_of(api, "a", "b")

    found = api("POST", f"{path}/revisions/1/restore", None, {"If-Match": '"1"'})

    refused(found, 412, "precondition_failed")
    assert api("POST", f"{path}/revisions/1/restore", None, {"If-Match": '"2"'}).status == 200


def test_a_restore_meets_a_writer_in_between(api: Api) -> None:
    path = flow_of(api, "a", "b")
    api.flows.before_write.append(lambda: api("PUT", path, {"disabled": True}))

    found = api("POST", f"{path}/revisions/1/restore").json

    assert (found["disabled"], found["yamlContent"], found["revision"]) == (True, "a", 3)


@pytest.mark.parametrize("body", [{"comment": "x" * 501}, {"comment": 5}, {"comments": "x"}])
def test_a_wrong_reason_is_refused(api: Api, body: dict[str, Any]) -> None:
    path = flow_of(api, "a", "b")

    refused(api("POST", f"{path}/revisions/1/restore", body), 400, "invalid_request")
    refused(api("PUT", path, {"yamlContent": "c", **body}), 400, "invalid_request")
    refused(api("POST", "", {"yamlContent": "c", **body}), 400, "invalid_request")


def test_a_comment_belongs_to_the_revision_that_was_saved_with_it(api: Api) -> None:
    flow = api.made("a", comment="x" * 500)
    path = f"/{flow['id']}"
    assert flow["comment"] == "x" * 500

    assert api("PUT", path, {"comment": "no new text"}).json == flow
    assert api("PUT", path, {"yamlContent": "a", "comment": "the same"}).json == flow
    assert api("PUT", path, {"disabled": True, "comment": "no"}).json["comment"] == "x" * 500
    assert api.changed(flow["id"], "b")["comment"] is None
    assert api.changed(flow["id"], "c", comment="")["comment"] is None
    assert api("GET", f"{path}/revisions/1").json["comment"] == "x" * 500
