"""Flows as bare YAML: sent as they are, and read back byte for byte."""

from typing import Any

import pytest

from tests.support.flows_api import Api, refused

YAML = {"Content-Type": "application/yaml"}
KINDS = ["application/yaml", "application/x-yaml", "text/yaml", "Application/YAML; charset=utf-8"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bare_text_is_saved_and_changed(api: Api, kind: str) -> None:
    found = api("POST", "", "a one", {"Content-Type": kind})

    assert (found.status, found.json["yamlContent"], found.json["status"]) == (
        201,
        "a one",
        "active",
    )
    changed = api("PUT", f"/{found.json['id']}", "b two", {"Content-Type": kind})
    assert (changed.status, changed.json["yamlContent"]) == (200, "b two")
    assert (changed.json["name"], changed.json["revision"]) == ("b", 2)


def test_the_query_says_what_stands_beside_a_bare_text(api: Api) -> None:
    flow = api("POST", "?status=draft&comment=first%20try", "a later", YAML).json

    assert (flow["status"], flow["comment"]) == ("draft", "first try")
    changed = api("PUT", f"/{flow['id']}?comment=again", "a", YAML).json
    assert (changed["status"], changed["comment"], changed["revision"]) == ("draft", "again", 2)


def test_a_json_body_says_it_itself(api: Api) -> None:
    flow = api.made()

    for method, path in (
        ("POST", "?comment=x"),
        ("PUT", f"/{flow['id']}?comment=x"),
        ("PUT", "/by-name/default/a?comment=x"),
    ):
        found = refused(api(method, path, {"yamlContent": "a"}), 400, "invalid_request")
        assert found["errors"][0]["path"] == "query.comment"


@pytest.mark.parametrize("query", ["status=inactive", "status=", f"comment={'x' * 501}", "name=x"])
def test_a_wrong_query_is_refused(api: Api, query: str) -> None:
    refused(api("POST", f"?{query}", "a", YAML), 400, "invalid_request")
    assert api.flows.flows == {}


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "application/toml", "", "yaml"])
def test_a_body_of_another_type_is_415(api: Api, kind: str) -> None:
    flow = api.made()

    for method, path in (("POST", ""), ("PUT", f"/{flow['id']}"), ("PUT", "/by-name/default/a")):
        found = refused(
            api(method, path, "a", {"Content-Type": kind}), 415, "unsupported_media_type"
        )
        assert "application/json" in found["detail"]


@pytest.mark.parametrize("path", ["/import", "/{id}/clone", "/{id}/revisions/1/restore"])
def test_where_no_flow_is_sent_yaml_is_415(api: Api, path: str) -> None:
    flow = api.made()

    refused(api("POST", path.format(**flow), "a", YAML), 415, "unsupported_media_type")


def test_a_bare_text_is_checked_as_one_in_json_is(api: Api) -> None:
    found = refused(api("POST", "", "a bad", YAML), 400, "invalid_flow")

    assert found["errors"][0]["line"] == 1
    refused(api("POST", "", b"\xff\xfe", YAML), 400, "malformed_body")
    refused(api("POST", "", "x" * (1024 * 1024 + 1), YAML), 413, "body_too_large")


@pytest.mark.parametrize("text", ["a \r\n\t  x\n\n", "a \ufeff x", "a ünï \U0001f600", "a x\x85y"])
def test_a_text_is_read_byte_for_byte(api: Api, text: str) -> None:
    flow = api("POST", "", text.encode(), YAML).json

    found = api("GET", f"/{flow['id']}", None, {"Accept": "application/yaml"})

    assert (found.status, found.text) == (200, text)
    assert found.headers["content-type"] == "application/yaml"
    assert (found.headers["etag"], found.headers["vary"]) == ('"1.yaml"', "Accept")


def test_who_has_one_form_of_a_flow_is_not_told_that_it_has_the_other(api: Api) -> None:
    path, yaml = f"/{api.made('a')['id']}", {"Accept": "application/yaml"}
    shown = {"If-None-Match": api("GET", path).headers["etag"]}
    text = {"If-None-Match": api("GET", path, None, yaml).headers["etag"]}

    assert [api("GET", path, None, more).status for more in (shown, text)] == [304, 200]
    found = [api("GET", path, None, yaml | more).status for more in (shown, text)]
    assert found == [200, 304]
    tag = {"If-Match": text["If-None-Match"]}
    assert api("PUT", path, {"disabled": True}, tag).status == 200
    refused(api("PUT", path, {"disabled": False}, tag), 412, "precondition_failed")


def is_yaml(api: Api, accept: Any) -> bool:
    found = api("GET", f"/{api.made(f'f{len(api.flows.flows)}')['id']}", None, accept)
    assert found.status == 200, found.text
    return found.headers["content-type"] == "application/yaml"


@pytest.mark.parametrize(
    "accept",
    [
        "application/yaml",
        "text/html, APPLICATION/YAML;q=0.9, */*;q=0.1",
        "application/json;q=0.5, application/yaml;q=0.8",
        "application/yaml;charset=utf-8",
    ],
)
def test_who_names_yaml_gets_the_text(api: Api, accept: str) -> None:
    assert is_yaml(api, {"Accept": accept})


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/json",
        "text/yaml",
        "application/*",
        "application/json, application/yaml",
        "application/yaml;q=0",
        "application/yaml;q=x",
        "application/yaml;q=nan",
        ";;,,=,",
    ],
)
def test_all_others_get_json(api: Api, accept: str) -> None:
    assert not is_yaml(api, {"Accept": accept})
    assert not is_yaml(api, None)


def test_an_unknown_flow_is_told_as_a_problem(api: Api) -> None:
    found = api("GET", "/x", None, {"Accept": "application/yaml"})

    refused(found, 404, "flow_not_found")
    assert found.headers["content-type"] == "application/problem+json"
