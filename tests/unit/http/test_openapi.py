"""The committed document: up to date, whole, and true to the handlers."""

import importlib
import json
import re
from http import HTTPStatus
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from functions import openapi as generator
from infra.routes import DEFAULT_ROUTE, ROUTES
from shared.auth.policy import POLICY
from shared.http.openapi import DOCUMENT, allowed_methods
from shared.http.openapi_document import LINKS, merge_schemas
from shared.http.problems import PROBLEM_TYPE
from shared.http.refusals import REFUSALS, UNKNOWN
from shared.paging import encode_cursor

DOCUMENT_TEXT = DOCUMENT.read_text("utf-8")
DOCUMENTED: Any = json.loads(DOCUMENT_TEXT)
ALL = [str(status.value) for status in HTTPStatus]


def test_the_committed_document_is_what_the_handlers_say() -> None:
    assert generator.build() == DOCUMENT_TEXT, "run `make fmt`"


def test_its_routes_are_api_gateways_and_each_resources_own() -> None:
    for resource, keys in ROUTES.items():
        shown = {
            f"{method.upper()} {path}"
            for path, operations in DOCUMENTED["paths"].items()
            for method, operation in operations.items()
            if operation["tags"] == [resource]
        }
        assert shown == set(keys) - {DEFAULT_ROUTE}


def test_every_reference_leads_somewhere() -> None:
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', DOCUMENT_TEXT)):
        found = DOCUMENTED
        for part in reference.split("/"):
            found = found[part]


def test_a_schemas_description_names_no_field_that_it_does_not_show() -> None:
    for schema in DOCUMENTED["components"]["schemas"].values():
        named = re.findall(r"`([a-z][A-Za-z_]*)`", schema.get("description", ""))
        assert set(named) <= set(schema.get("properties", ()))


def test_it_is_valid_openapi() -> None:
    validate(DOCUMENTED, cls=OpenAPIV31SpecValidator)


OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in DOCUMENTED["paths"].items()
    for method, operation in operations.items()
}


def codes_of(route: str, status: str) -> set[str]:
    content = OPERATIONS[route]["responses"].get(status, {}).get("content", {})
    return set(content.get(PROBLEM_TYPE, {}).get("examples", ()))


@pytest.mark.parametrize("route", OPERATIONS)
def test_each_operation_says_what_it_may_be_refused_for(route: str) -> None:
    operation = OPERATIONS[route]
    names = {parameter["name"] for parameter in operation.get("parameters", [])}

    assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
    assert "invalid_request" in codes_of(route, "400")
    assert ("invalid_cursor" in codes_of(route, "400")) == ("cursor" in names)
    assert ("idempotency_key_reused" in codes_of(route, "422")) == ("idempotency-key" in names)
    assert ("precondition_failed" in codes_of(route, "412")) == ("if-match" in names)
    assert ("body_too_large" in codes_of(route, "413")) == ("requestBody" in operation)
    for name in names & set(UNKNOWN):
        assert UNKNOWN[name].code in codes_of(route, "404")


@pytest.mark.parametrize("route", OPERATIONS)
def test_each_operation_says_which_roles_may_call_it(route: str) -> None:
    least, theirs = POLICY[route].least, POLICY[route].theirs
    security = OPERATIONS[route]["security"]

    assert bool(security) == (least is not None)
    assert ("invalid_token" in codes_of(route, "401")) == (least is not None)
    assert ("forbidden" in codes_of(route, "403")) == (least is not None)
    for requirement in security:
        assert least in requirement["bearer"]
        assert "admin" in requirement["bearer"]
        assert ("participant" in requirement["bearer"]) == (theirs or least == "participant")


def test_each_code_has_an_example_and_each_example_a_code() -> None:
    named = {code for route in OPERATIONS for status in ALL for code in codes_of(route, status)}

    assert named == set(DOCUMENTED["components"]["examples"])
    for code, example in DOCUMENTED["components"]["examples"].items():
        assert example["value"]["code"] == code


def test_routes_with_refusals_of_their_own_exist() -> None:
    assert set(REFUSALS) <= set(OPERATIONS)


def test_links_lead_to_operations_and_their_parameters() -> None:
    by_id = {operation["operationId"]: operation for operation in OPERATIONS.values()}
    assert len(by_id) == len(OPERATIONS)
    for operation_id, links in LINKS.items():
        answers = set(by_id[operation_id]["responses"])
        good = answers & {"201", "202"} or answers & {"200"}
        assert all(by_id[operation_id]["responses"][status]["links"] for status in good)
        for link in links.values():
            names = {each["name"] for each in by_id[link["operationId"]]["parameters"]}
            assert set(link["parameters"]) <= names


def test_every_post_that_does_something_takes_a_key() -> None:
    posts = {path: each["post"] for path, each in DOCUMENTED["paths"].items() if "post" in each}

    without = [
        path
        for path, post in posts.items()
        if "idempotency-key" not in {each["name"] for each in post.get("parameters", [])}
    ]

    logins = ["/auth/login", "/auth/logout", "/auth/refresh", "/auth/token"]
    assert without == ["/api/v1/flows/validate", *logins]


def test_path_parameters_are_those_of_the_path() -> None:
    for path, operations in DOCUMENTED["paths"].items():
        for operation in operations.values():
            named = [p["name"] for p in operation.get("parameters", []) if p["in"] == "path"]
            assert sorted(named) == sorted(re.findall(r"{(\w+)}", path))


def test_methods_are_told_by_path() -> None:
    assert allowed_methods("/api/v1/flows/validate") == ("DELETE", "GET", "POST", "PUT")
    assert allowed_methods("/api/v1/flows/x") == ("DELETE", "GET", "PUT")
    assert allowed_methods("/api/v1/flows/x/") == ()


def test_two_things_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two schemas are named Flow"):
        merge_schemas(iter([{"Flow": {}}, {"Flow": {"type": "object"}}]))


@pytest.mark.parametrize("resource", ROUTES)
def test_every_api_function_has_a_handler(resource: str) -> None:
    assert callable(importlib.import_module(f"functions.{resource}.handler").lambda_handler)


def test_nothing_that_is_sent_is_described_as_null() -> None:
    for operations in DOCUMENTED["paths"].values():
        for operation in operations.values():
            sent = [each["schema"] for each in operation.get("parameters", [])]
            body = operation.get("requestBody", {"content": {}})
            sent += [each["schema"] for each in body["content"].values()]
            assert {"type": "null"} not in [one for each in sent for one in each.get("anyOf", [])]


def test_texts_that_are_refused_by_their_form_are_described_with_it() -> None:
    forms = {
        parameter["name"]: parameter["schema"]
        for operations in DOCUMENTED["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
    }

    assert forms["idempotency-key"]["pattern"] == forms["x-correlation-id"]["pattern"] == "^[!-~]+$"
    assert (forms["idempotency-key"]["minLength"], forms["idempotency-key"]["maxLength"]) == (
        1,
        255,
    )
    assert re.fullmatch(forms["cursor"]["pattern"], encode_cursor("1", "q"))
    assert forms["since"] == {"type": "string", "format": "date-time", "title": "Since"}
