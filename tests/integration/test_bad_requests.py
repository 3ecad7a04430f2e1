"""What no route may take: each is refused in our own shape, whatever route it comes to."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.routes import DEFAULT_ROUTE, ROUTES
from tests.support.routes import MAKES_WHAT_IT_NAMES
from tests.support.stack import Answer, MotoStack

PROBLEM = {"type", "title", "status", "detail", "code", "requestId"}
NO_SECRETS = re.compile(r"arn:|Traceback|Exception|botocore|\.py")
JSON = {"content-type": "application/json"}
KEY = {"idempotency-key": "k"}
TWO_MIB = 2 * 1024 * 1024
PathOf = Callable[[str], tuple[str, str]]
NOBODY = "01890000-0000-7000-8000-000000000000"

KEYS = [key for keys in ROUTES.values() for key in keys if key != DEFAULT_ROUTE]
TAKING_A_BODY = [
    "POST /api/v1/flows",
    "POST /api/v1/flows/validate",
    "PUT /api/v1/flows/{flow_id}",
    "POST /api/v1/flows/{flow_id}/execute",
    "POST /api/v1/executions",
    "PUT /api/v1/kv/{namespace}/{key}",
    "POST /auth/login",
    "POST /auth/refresh",
    "POST /auth/token",
    "POST /auth/logout",
    "POST /auth/register",
    "PUT /api/v1/users/{username}",
    "POST /api/v1/users/{username}/password",
    "POST /api/v1/clients",
    "POST /api/v1/clients/{client_id}/rotate",
]
STARTING = ["POST /api/v1/flows/{flow_id}/execute", "POST /api/v1/executions"]
NOT_FOUND = {
    "flow_id": "flow_not_found",
    "approval_id": "approval_not_found",
    "execution_id": "execution_not_found",
    "plugin_id": "plugin_not_found",
    "key": "key_not_found",
    "username": "user_not_found",
    "client_id": "client_not_found",
    "credential_id": "credential_not_found",
    "name": "namespace_not_found",
    "revision": "flow_not_found",
}
BODIES: dict[str, Any] = {
    "POST /api/v1/executions": {"flowId": NOBODY},
    "PUT /api/v1/flows/{flow_id}": {"disabled": True},
    "POST /api/v1/flows/{flow_id}/clone": {"name": "another"},
    "PUT /api/v1/credentials/{credential_id}": {"description": "mine"},
    "PUT /api/v1/users/{username}": {"disabled": True},
    "POST /api/v1/users/{username}/password": {"password": "correct horse battery"},
}


def refused(answer: Answer) -> tuple[int, str]:
    """Its status and code, once it is known to be a problem as all are."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert PROBLEM <= answer.body.keys() <= PROBLEM | {"errors"}
    assert answer.body["status"] == answer.status
    assert answer.body["requestId"] == answer.headers["x-request-id"]
    assert answer.body["detail"]
    assert NO_SECRETS.search(str(answer.body)) is None
    return answer.status, answer.body["code"]


def concrete(key: str, name: str = NOBODY) -> tuple[str, str]:
    """Method and path of a route, with the same value for whatever it has in braces."""
    method, _, path = key.partition(" ")
    return method, re.sub(r"\{\w+\}", name, path)


@pytest.fixture
def path_of(create_flow: Any) -> PathOf:
    """A route's method and path, those of flows with the id of one that is there."""
    flow = create_flow("{name: f, tasks: [{name: a, type: util.log, properties: {message: x}}]}")
    return lambda key: concrete(key, flow["id"])


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ("{", JSON, (400, "malformed_body")),
        ('{"a": 1, "a": 2}', JSON, (400, "malformed_body")),
        ('{"a": NaN}', JSON, (400, "malformed_body")),
        ("[" * 5000, JSON, (400, "malformed_body")),
        ("[]", JSON, (400, "malformed_body")),
        ("{}", {"content-type": "text/html"}, (415, "unsupported_media_type")),
        ("{}", {"content-type": ""}, (415, "unsupported_media_type")),
        ('{"name": "' + "x" * TWO_MIB + '"}', JSON, (413, "body_too_large")),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_bad_body_is_refused_by_every_route_that_takes_one(
    body: Any, headers: Any, expected: tuple[int, str], moto_stack: MotoStack, path_of: PathOf
):
    found = {
        key: refused(moto_stack.api(*path_of(key), body, headers | KEY)) for key in TAKING_A_BODY
    }

    assert found == dict.fromkeys(TAKING_A_BODY, expected)
    assert moto_stack.api("GET", "/api/v1/executions").body == []


def test_an_unknown_field_is_refused_by_every_route_but_the_one_that_only_tells(
    moto_stack: MotoStack, path_of: PathOf
):
    validate = "POST /api/v1/flows/validate"
    for key in set(TAKING_A_BODY) - {validate}:
        answer = moto_stack.api(*path_of(key), {"nonsense": 1}, KEY)
        assert refused(answer) == (400, "invalid_request"), key
        assert "nonsense" in [place["path"] for place in answer.body["errors"]], key

    told = moto_stack.api(*path_of(validate), {"nonsense": 1})
    assert (told.status, told.body["valid"]) == (200, False)


@pytest.mark.parametrize("key", ["", "x" * 256, "x" * 300, "a b", "é", "a\nb"])
def test_a_bad_key_is_refused_by_every_route_that_starts(
    key: str, moto_stack: MotoStack, path_of: PathOf
):
    found = {refused(moto_stack.api(*path_of(r), {}, {"idempotency-key": key})) for r in STARTING}

    assert found == {(400, "invalid_idempotency_key")}
    assert moto_stack.api("GET", "/api/v1/executions").body == []


@pytest.mark.parametrize("name", [NOBODY, NOBODY.upper(), "nonsense", "é", "x" * 2000])
def test_an_unknown_id_is_404_on_every_route_that_names_one(name: str, moto_stack: MotoStack):
    found, expected = {}, {}
    for key in [*KEYS, "POST /api/v1/executions"]:
        kind = (re.findall(r"\{(\w+)\}", key) or ["flow_id"])[-1]
        if ("{" in key or key in BODIES) and key not in MAKES_WHAT_IT_NAMES:
            query = "?taskName=a" if key.endswith("/tasks") else ""
            method, path = concrete(key, name)
            body = BODIES.get(key)
            found[key] = refused(moto_stack.api(method, path + query, body, KEY))
            expected[key] = (404, NOT_FOUND[kind])

    assert found == expected


@pytest.mark.parametrize("name", ["a%2Fb", "%00", "%0A", "..", "%23"])
def test_an_id_that_cannot_be_one_is_404_too(name: str, moto_stack: MotoStack):
    for path in ("flows", "executions", "plugins"):
        status, code = refused(moto_stack.api("GET", f"/api/v1/{path}/{name}"))
        assert (status, code.rpartition("_")[1:]) == (404, ("_", "found"))


def test_a_wrong_method_is_405_with_the_right_ones_on_every_path(moto_stack: MotoStack):
    methods: dict[str, set[str]] = {}
    for key in KEYS:
        method, path = concrete(key, "x")
        methods.setdefault(path, set()).add(method)

    for path, allowed in methods.items():
        for method in sorted({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - allowed):
            answer = moto_stack.api(method, path, None)
            if _is_another_route(method, path):
                continue
            assert refused(answer) == (405, "method_not_allowed"), (method, path)
            assert set(answer.headers["allow"].split(", ")) >= allowed, (method, path)


def _is_another_route(method: str, path: str) -> bool:
    """`DELETE /api/v1/flows/validate` is a flow with an unlikely id."""
    return any(re.fullmatch(pattern, f"{method} {path}") for pattern in _patterns())


def _patterns() -> Iterator[str]:
    return (re.sub(r"\{\w+\}", "[^/]+", key) for key in KEYS)


@pytest.mark.parametrize("path", ["/", "/api/v1/nothing", "/api/v2/flows", "/api/v1/flows/x/y/z"])
def test_an_unknown_path_is_404(path: str, moto_stack: MotoStack):
    assert refused(moto_stack.api("GET", path)) == (404, "route_not_found")


def test_an_unknown_query_parameter_is_refused_with_the_right_name(moto_stack: MotoStack):
    answer = moto_stack.api("GET", "/api/v1/executions?stauts=FAILED")

    assert refused(answer) == (400, "invalid_request")
    assert '"status"' in answer.body["errors"][0]["message"]


@pytest.mark.parametrize(
    ("key", "body", "path"),
    [
        ("POST /api/v1/flows", {"yamlContent": "x", "labels": {"": "x"}}, "labels."),
        ("PUT /api/v1/flows/{flow_id}", {"labels": {"": "x"}}, "labels."),
        ("POST /api/v1/flows/{flow_id}/execute", {"labels": {"": "x"}}, "labels."),
        # The names of fields inside of us are no names outside.
        ("POST /api/v1/flows", {"yaml_content": "x"}, "yaml_content"),
        ("PUT /api/v1/flows/{flow_id}", {"yaml_content": "x"}, "yaml_content"),
        ("POST /api/v1/executions/cancel", {"flow_id": "x"}, "flow_id"),
        ("POST /api/v1/executions", {"flow_id": NOBODY}, "flow_id"),
    ],
)
def test_a_label_without_a_name_and_a_name_from_inside_are_refused_with_their_place(
    key: str, body: Any, path: str, moto_stack: MotoStack, path_of: PathOf
):
    answer = moto_stack.api(*path_of(key), body, KEY)

    assert refused(answer) == (400, "invalid_request")
    assert any(each["path"].startswith(path) for each in answer.body["errors"]), answer.body
