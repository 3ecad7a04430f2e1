"""Two tenants: what one has is unknown to the other, wherever it is named."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.auth.policy import POLICY
from tests.support.events import claims_of
from tests.support.routes import MAKES_WHAT_IT_NAMES
from tests.support.stack import Answer, MotoStack

ACME = claims_of("ann", "admin", tenant="acme", groups=["ops"])
OTHER = claims_of("eve", "admin", tenant="other", groups=["ops"])
FLOW = """
name: private
namespace: ours
tasks:
  - {name: g, type: flow.gate, properties: {message: 'Go?', approvers: ['group:ops']}}
"""

World = dict[str, str]
"""What acme has: the value of each path parameter, and of other names of its things."""


@pytest.fixture
def world(moto_stack: MotoStack) -> World:
    """A thing of each kind, all of acme."""
    flow = moto_stack.api("POST", "/api/v1/flows", {"yamlContent": FLOW}, claims=ACME).body
    started = moto_stack.api("POST", f"/api/v1/flows/{flow['id']}/execute", claims=ACME).body
    execution_id = started["executionId"]
    secret = {"name": "TOKEN", "value": "swordfish", "namespace": "ours"}
    credential = moto_stack.api("POST", "/api/v1/credentials", secret, claims=ACME).body

    def asked() -> list[Any]:
        return list(moto_stack.api("GET", "/api/v1/approvals", claims=ACME).body)

    moto_stack.wait_until(lambda: bool(asked()))
    moto_stack.api("PUT", "/api/v1/kv/ours/k", {"value": "private"}, claims=ACME)
    draft = {"username": "bob", "password": "correct horse battery", "role": "viewer"}
    assert moto_stack.api("POST", "/auth/register", draft, claims=ACME).status == 201
    machine = {"name": "billing", "role": "viewer"}
    client = moto_stack.api("POST", "/api/v1/clients", machine, claims=ACME).body
    return {
        "username": "bob",
        "client_id": client["clientId"],
        "flow_id": flow["id"],
        "revision": "1",
        "namespace": flow["namespace"],
        "execution_id": execution_id,
        "approval_id": asked()[0]["id"],
        "name": "ours",
        "key": "k",
        "credential_id": credential["id"],
    }


BODIES: Mapping[str, Callable[[World], Any]] = {
    "POST /api/v1/executions": lambda world: {"flowId": world["flow_id"]},
    "PUT /api/v1/credentials/{credential_id}": lambda _world: {"description": "mine"},
    "PUT /api/v1/users/{username}": lambda _world: {"role": "editor"},
    "POST /api/v1/users/{username}/password": lambda _world: {"password": "staple horse battery"},
    "PUT /api/v1/flows/{flow_id}": lambda _world: {"description": "mine"},
    "POST /api/v1/flows/{flow_id}/clone": lambda _world: {"name": "copy"},
}
"""The bodies with which a route would do something; the others need none."""
HEADERS = {"POST /api/v1/executions": {"Idempotency-Key": "k"}}
OF_NO_TENANT = {"plugin_id"}
"""Path parameters that name what all tenants have."""
LISTS = (
    "/api/v1/flows",
    "/api/v1/executions",
    "/api/v1/approvals",
    "/api/v1/kv/ours",
    "/api/v1/credentials",
    "/api/v1/users",
    "/api/v1/people",
    "/api/v1/clients",
)


def named_routes() -> list[str]:
    """The routes that name something of a tenant, in their path or their body."""
    return [
        route
        for route, access in POLICY.items()
        if access.least
        and route not in MAKES_WHAT_IT_NAMES
        and (route in BODIES or (_parameters(route) - OF_NO_TENANT))
    ]


def _parameters(route: str) -> set[str]:
    return {part[1:-1] for part in route.split("/") if part.startswith("{")}


def ask(stack: MotoStack, route: str, world: World, claims: dict[str, str]) -> Answer:
    method, path = route.split(" ")
    make = BODIES.get(route)
    return stack.api(
        method,
        path.format(**world),
        make(world) if make else None,
        HEADERS.get(route),
        claims=claims,
    )


def test_each_route_that_names_something_finds_nothing_of_another_tenant(
    moto_stack: MotoStack, world: World
):
    before = {name: ask(moto_stack, f"GET {name}", world, ACME).body for name in LISTS}
    for route in named_routes():
        answer = ask(moto_stack, route, world, OTHER)

        assert answer.status == 404, (route, answer.body)
        assert answer.body["code"] != "route_not_found", route

    assert {name: ask(moto_stack, f"GET {name}", world, ACME).body for name in LISTS} == before


def test_the_same_routes_find_what_is_ones_own(moto_stack: MotoStack, world: World):
    for route in named_routes():
        if route.startswith("GET"):
            status = ask(moto_stack, route, world, ACME).status
            assert status in {200, 409}, route  # 409: of results, while it runs


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("path", LISTS)
def test_no_list_shows_another_tenants(moto_stack: MotoStack, path: str):
    assert len(moto_stack.api("GET", path, claims=ACME).body) == 1
    assert moto_stack.api("GET", path, claims=OTHER).body == []


@pytest.mark.parametrize(
    "query",
    [
        "?flowId={flow_id}",
        "?namespace=ours",
        "?status=PAUSED",
        "?parentId={execution_id}",
        "?retryOf={execution_id}",
        "?triggerId={execution_id}",
        "?test=false",
        "?order=oldest&view=summary",
    ],
)
def test_no_filter_finds_another_tenants(moto_stack: MotoStack, world: World, query: str):
    path = "/api/v1/executions" + query.format(**world)

    assert moto_stack.api("GET", path, claims=OTHER).body == []


@pytest.mark.usefixtures("world")
def test_a_cursor_of_another_tenant_is_none(moto_stack: MotoStack):
    for number in range(2):
        text = FLOW.replace("private", f"private-{number}")
        moto_stack.api("POST", "/api/v1/flows", {"yamlContent": text}, claims=ACME)
    first = moto_stack.api("GET", "/api/v1/flows?limit=1", claims=ACME)
    link = first.headers["link"].partition(">")[0].lstrip("<")

    assert moto_stack.api("GET", link, claims=ACME).status == 200
    answer = moto_stack.api("GET", link, claims=OTHER)
    assert (answer.status, answer.body["code"]) == (400, "invalid_cursor")


def test_a_key_of_one_tenant_says_nothing_to_another(moto_stack: MotoStack):
    key = {"Idempotency-Key": "same"}
    body = {"yamlContent": FLOW}
    ours = moto_stack.api("POST", "/api/v1/flows", body, key, claims=ACME)
    theirs = moto_stack.api("POST", "/api/v1/flows", body, key, claims=OTHER)

    assert (ours.status, theirs.status) == (201, 201)
    assert ours.body["id"] != theirs.body["id"]
    assert "idempotency-replayed" not in theirs.headers
    assert ours.body["createdBy"] == "ann"
    assert theirs.body["createdBy"] == "eve"


def test_the_same_key_is_another_in_each_tenant(moto_stack: MotoStack, world: World):
    path = f"/api/v1/kv/{world['namespace']}/{world['key']}"
    theirs = moto_stack.api("PUT", path, {"value": "theirs"}, claims=OTHER)

    assert (theirs.status, theirs.body["version"]) == (200, 1)
    assert moto_stack.api("DELETE", path, claims=OTHER).status == 204
    assert moto_stack.api("GET", path, claims=ACME).body["value"] == "private"


@pytest.mark.usefixtures("world")
def test_a_flow_reads_the_keys_of_its_own_tenant(moto_stack: MotoStack):
    text = """
name: reader
namespace: ours
tasks: [{name: t, type: core.kv, properties: {operation: list}}]
outputs: {k: '{{ kv("k") }}'}
"""
    for claims, expected in ((ACME, "private"), (OTHER, None)):
        flow = moto_stack.api("POST", "/api/v1/flows", {"yamlContent": text}, claims=claims).body
        path = f"/api/v1/flows/{flow['id']}/execute"
        started = moto_stack.api("POST", path, claims=claims).body["executionId"]
        path = f"/api/v1/executions/{started}"

        def ended(path: str = path, claims: dict[str, str] = claims) -> bool:
            status = moto_stack.api("GET", path, claims=claims).body["execution"]["status"]
            return status in {"SUCCESS", "FAILED"}

        moto_stack.wait_until(ended)
        detail = moto_stack.api("GET", path, claims=claims).body["execution"]
        assert (detail["status"], detail["outputs"]) == ("SUCCESS", {"k": expected})
