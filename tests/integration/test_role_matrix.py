"""Every route, every role: who is let in, who is not, and in which order that is found out."""

import re

import pytest

from shared.auth.policy import POLICY, Access
from shared.auth.principal import Role
from shared.auth.roles import includes
from shared.config import settings
from tests.support.events import claims_of
from tests.support.stack import Answer, MotoStack

ID = "01890000-0000-7000-8000-000000000000"
CALLERS: dict[str, dict[str, str] | None] = {
    "nobody": None,
    **{role.value: claims_of(f"a-{role}", role) for role in Role},
    "client": claims_of("client:default:machine", "executor"),
    "other tenant": claims_of("stranger", "admin", tenant="other"),
}
"""The callers of the matrix: nobody, each role, a machine client, an admin of another tenant."""
ROLES = {"client": Role.EXECUTOR, "other tenant": Role.ADMIN}


def expected(caller: str, access: Access) -> set[int]:
    """The statuses that tell of a refusal: a caller who may pass meets none of them."""
    if access.least is None:
        return set()
    if caller == "nobody":
        return {401}
    role = ROLES.get(caller) or Role(caller)
    may = includes(role, access.least) or (access.theirs and role is Role.PARTICIPANT)
    return set() if may else {403}


CELLS = [pytest.param(route, access, id=route) for route, access in POLICY.items()]


def ask(stack: MotoStack, route: str, claims: dict[str, str] | None) -> Answer:
    """A request that finds nothing: ids that nobody has, and no body."""
    method, path = route.split(" ")
    return stack.api(method, re.sub(r"\{\w+\}", ID, path), claims=claims)


@pytest.mark.parametrize(("route", "access"), CELLS)
def test_who_may_call_a_route(moto_stack: MotoStack, route: str, access: Access):
    for caller, claims in CALLERS.items():
        answer = ask(moto_stack, route, claims)

        refused = expected(caller, access)
        told = (caller, answer.status, answer.body)
        if refused:
            assert {answer.status} == refused, told
            assert answer.body["code"] in {"invalid_token", "forbidden"}, told
        else:
            is_login = route.split(" ")[1].startswith("/auth/")
            assert answer.status not in ({403} if is_login else {401, 403}), told
            assert answer.status < 500, told


@pytest.mark.parametrize(("route", "access"), CELLS)
def test_a_token_of_another_use_is_none(moto_stack: MotoStack, route: str, access: Access):
    if access.least is not None:
        for wrong in ({"token_use": "id"}, {"token_use": "refresh"}, {"exp": "1"}):
            assert ask(moto_stack, route, {**claims_of("ann", "admin"), **wrong}).status == 401


def calls_of_a_read(stack: MotoStack, flow_id: str) -> list[str]:
    stack.calls.clear()
    assert stack.api("GET", f"/api/v1/flows/{flow_id}").status == 200
    return stack.calls.of("flows")


def test_a_read_with_a_token_calls_aws_no_more_often_than_one_of_an_open_stack(
    moto_stack: MotoStack, monkeypatch: pytest.MonkeyPatch
):
    text = "name: read\ntasks: [{name: a, type: core.set, properties: {values: {}}}]"
    flow = moto_stack.api("POST", "/api/v1/flows", {"yamlContent": text}).body
    calls_of_a_read(moto_stack, flow["id"])  # what a cold start reads is not a request's

    with_token = calls_of_a_read(moto_stack, flow["id"])
    monkeypatch.setenv("HEADRACE_AUTH", "off")
    settings.cache_clear()
    try:
        without = calls_of_a_read(moto_stack, flow["id"])
    finally:
        monkeypatch.undo()
        settings.cache_clear()

    assert with_token == without
    assert with_token
