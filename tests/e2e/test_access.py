"""Who gets in: logins, tokens that are none, roles, tenants, and a stack without users."""

import json
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from infra.local.description import token_command
from infra.local.settings import Local
from tests.support.local import ROOT, Stack
from tests.support.logins import LoggedIn, log_in
from tests.support.tokens import changed, claims_in, signed, unsigned

FLOWS = "/api/v1/flows"
FLOW = """
name: {name}
namespace: access
tasks:
  - {{name: say, type: util.log, properties: {{message: said}}}}
"""
UNAUTHORIZED = {"message": "Unauthorized"}
"""What API Gateway says to whom its authorizer does not let in."""
Calling = Callable[[dict[str, str]], httpx.Client]
User = Callable[..., dict[str, str]]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def draft() -> dict[str, str]:
    """A flow that nobody else has."""
    return {"yamlContent": FLOW.format(name=f"flow-{time.time_ns()}")}


# Logins


@pytest.mark.smoke
def test_a_login_gives_a_token_that_opens_the_api(
    nobody: httpx.Client, api_url: str, local_json: Any
) -> None:
    login = json.loads(local_json.read_text("utf-8"))["admin"]

    made = log_in(api_url, login)

    assert (made["tokenType"], made["user"]["role"]) == ("Bearer", "admin")
    assert 0 < made["expiresIn"] <= 3600
    me = nobody.get("/api/v1/me", headers=bearer(made["token"])).json()
    assert (me["username"], me["kind"], me["role"]) == (login["username"], "user", "admin")
    assert me["tenant"] == "default"


@pytest.mark.smoke
def test_without_a_token_only_the_open_routes_answer(nobody: httpx.Client) -> None:
    for path in ("/healthz", "/readyz", "/openapi.json", "/docs/plugins/util.log"):
        assert nobody.get(path).status_code == 200, path
    for path in (FLOWS, "/api/v1/me", "/api/v1/info", "/api/v1/nothing", "/"):
        answer = nobody.get(path)
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED), path


def test_a_wrong_name_a_wrong_password_and_a_disabled_user_are_one_answer(
    nobody: httpx.Client, api: httpx.Client, user: User
) -> None:
    right, disabled = user("viewer"), user("viewer")
    path = f"/api/v1/users/{disabled['username']}"
    kept = api.get(path).json()
    saved = api.put(path, json={"role": kept["role"], "groups": kept["groups"], "disabled": True})
    assert saved.status_code == 200, saved.text

    answers = [
        nobody.post("/auth/login", json=login)
        for login in (
            {**right, "username": "nobody-of-this-name"},
            {**right, "password": "not this one at all"},
            disabled,
        )
    ]

    assert [each.status_code for each in answers] == [401] * 3
    said = [{**each.json(), "requestId": None} for each in answers]
    assert said == [said[0]] * 3
    assert said[0]["code"] == "invalid_credentials"
    assert nobody.post("/auth/login", json=right).status_code == 200


def test_a_refresh_gives_another_token_until_the_logout(
    nobody: httpx.Client, api_url: str, user: User
) -> None:
    first = log_in(api_url, user("viewer"))

    again = nobody.post("/auth/refresh", json={"refreshToken": first["refreshToken"]})
    assert again.status_code == 200, again.text
    token = bearer(again.json()["token"])
    assert nobody.get(FLOWS, headers=token).status_code == 200
    left = again.json()["refreshToken"]
    for _ in range(2):
        gone = nobody.post("/auth/logout", json={"refreshToken": left}, headers=token)
        assert gone.status_code == 204, gone.text

    refused = nobody.post("/auth/refresh", json={"refreshToken": left})
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")


def test_a_logout_everywhere_ends_every_refresh(
    nobody: httpx.Client, api_url: str, user: User
) -> None:
    login = user("viewer")
    first, second = log_in(api_url, login), log_in(api_url, login)

    gone = nobody.post("/auth/logout", json={"everywhere": True}, headers=bearer(second["token"]))

    assert gone.status_code == 204, gone.text
    for each in (first, second):
        refused = nobody.post("/auth/refresh", json={"refreshToken": each["refreshToken"]})
        assert refused.status_code == 401
    assert log_in(api_url, login)["token"]


# Tokens that are none


@pytest.fixture(scope="module")
def cognito(stack: Stack) -> Any:
    return boto3.client("cognito-idp", **stack.aws())


@pytest.fixture(scope="module")
def pool(cognito: Any) -> str:
    [found] = cognito.list_user_pools(MaxResults=10)["UserPools"]
    return str(found["Id"])


@pytest.fixture
def other_pool(cognito: Any, pool: str) -> Iterator[str]:
    """A pool that is not the stack's."""
    made = cognito.create_user_pool(PoolName="other")["UserPool"]["Id"]
    assert made != pool
    yield made
    cognito.delete_user_pool(UserPoolId=made)


def tokens_of(cognito: Any, pool: str, login: dict[str, str]) -> dict[str, str]:
    """What a new client of a pool gives a user: by another door than the API's."""
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="other", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    made: dict[str, str] = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": login["username"], "PASSWORD": login["password"]},
    )["AuthenticationResult"]
    return made


def refused_by_the_gateway(nobody: httpx.Client, token: str | None) -> None:
    answer = nobody.get(FLOWS, headers=bearer(token) if token else {})
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


@pytest.mark.parametrize("token", ["Bearer", "x", "a.b.c", "null", "e30.e30.e30"])
def test_garbage_is_no_token(nobody: httpx.Client, token: str) -> None:
    refused_by_the_gateway(nobody, token)


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256"])
def test_a_token_under_another_algorithm_is_refused(
    nobody: httpx.Client, admin: LoggedIn, algorithm: str
) -> None:
    refused_by_the_gateway(nobody, unsigned(admin.token, algorithm=algorithm))


@pytest.mark.parametrize(
    "claims",
    [
        {"cognito:groups": ["tenant:acme", "role:admin"]},
        {"username": "somebody"},
        {"exp": 4102444800},
    ],
)
def test_a_token_whose_claims_were_changed_is_refused(
    nobody: httpx.Client, admin: LoggedIn, claims: dict[str, Any]
) -> None:
    refused_by_the_gateway(nobody, changed(admin.token, **claims))


def test_a_token_of_another_pool_is_refused(
    nobody: httpx.Client, cognito: Any, other_pool: str
) -> None:
    login = {"username": "admin", "password": "Secret of another pool: 1"}
    cognito.admin_create_user(UserPoolId=other_pool, Username=login["username"])
    cognito.admin_set_user_password(
        UserPoolId=other_pool,
        Username=login["username"],
        Password=login["password"],
        Permanent=True,
    )

    refused_by_the_gateway(nobody, tokens_of(cognito, other_pool, login)["AccessToken"])


def test_a_token_of_another_client_is_refused(
    nobody: httpx.Client, cognito: Any, pool: str, user: User
) -> None:
    refused_by_the_gateway(nobody, tokens_of(cognito, pool, user("admin"))["AccessToken"])


def signed_anew(stack: Stack, pool: str, token: str, **claims: Any) -> str:
    return signed(token, stack.home / "state/cognito-pool-keys" / f"{pool}-access.pem", **claims)


def test_a_token_that_is_over_is_refused_and_one_that_is_not_is_taken(
    stack: Stack, nobody: httpx.Client, admin: LoggedIn, pool: str
) -> None:
    now = int(time.time())

    taken = signed_anew(stack, pool, admin.token, exp=now + 60)
    assert nobody.get(FLOWS, headers=bearer(taken)).status_code == 200
    refused_by_the_gateway(nobody, signed_anew(stack, pool, admin.token, exp=now - 1))


def test_a_token_of_the_future_is_refused(
    stack: Stack, nobody: httpx.Client, admin: LoggedIn, pool: str
) -> None:
    later = int(time.time()) + 60

    refused_by_the_gateway(nobody, signed_anew(stack, pool, admin.token, nbf=later))


def refused_by_the_handler(nobody: httpx.Client, token: str) -> None:
    answer = nobody.get(FLOWS, headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_without_an_end_is_refused(
    stack: Stack, nobody: httpx.Client, admin: LoggedIn, pool: str
) -> None:
    refused_by_the_handler(nobody, signed_anew(stack, pool, admin.token, exp=None))


def test_a_refresh_token_is_no_access_token(nobody: httpx.Client, api_url: str, user: User) -> None:
    refused_by_the_handler(nobody, log_in(api_url, user("admin"))["refreshToken"])


def test_an_id_token_is_no_access_token(
    stack: Stack, nobody: httpx.Client, admin: LoggedIn, pool: str
) -> None:
    refused_by_the_handler(nobody, signed_anew(stack, pool, admin.token, token_use="id"))


# Roles and tenants


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("participant", [403, 403, 403, 403]),
        ("viewer", [200, 403, 403, 403]),
        ("auditor", [200, 403, 403, 403]),
        ("executor", [200, 202, 403, 403]),
        ("editor", [200, 202, 201, 403]),
        ("admin", [200, 202, 201, 200]),
    ],
)
def test_a_role_may_read_execute_write_and_manage_as_the_matrix_says(
    api: httpx.Client, user: User, calling: Calling, role: str, expected: list[int]
) -> None:
    flow = api.post(FLOWS, json=draft()).json()["id"]
    client = calling(user(role))

    answers = [
        client.get(f"{FLOWS}/{flow}"),
        client.post(f"{FLOWS}/{flow}/execute"),
        client.post(FLOWS, json=draft()),
        client.get("/api/v1/users"),
    ]

    assert [each.status_code for each in answers] == expected
    refused = [each.json()["code"] for each in answers if each.status_code == 403]
    assert set(refused) <= {"forbidden"}
    assert client.get("/api/v1/me").json()["role"] == role


def tenant_made(stack: Stack, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """What the operator's script says."""
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-m", "infra.tenants", *arguments],
        cwd=ROOT,
        env=stack.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_second_tenant_sees_nothing_of_the_first(
    stack: Stack, api: httpx.Client, calling: Calling
) -> None:
    flow = api.post(FLOWS, json=draft()).json()
    execution = api.post(f"{FLOWS}/{flow['id']}/execute").json()["executionId"]

    made = tenant_made(stack, "acme", "admin=Wile")

    assert made.returncode == 0, made.stderr
    login = json.loads(stack.description.read_text("utf-8"))["other"]
    assert login["username"] == "wile"
    assert f"wile  {login['password']}" in made.stdout
    other = calling(login)
    assert other.get("/api/v1/me").json()["tenant"] == "acme"
    for path in (FLOWS, "/api/v1/executions", "/api/v1/approvals"):
        assert other.get(path).json() == [], path
    for method, path in (
        ("GET", f"{FLOWS}/{flow['id']}"),
        ("POST", f"{FLOWS}/{flow['id']}/execute"),
        ("GET", f"/api/v1/executions/{execution}"),
        ("POST", f"/api/v1/executions/{execution}/cancel"),
    ):
        assert other.request(method, path).status_code == 404, path
    assert [each["username"] for each in other.get("/api/v1/users").json()] == ["wile"]

    again = tenant_made(stack, "acme")

    assert again.returncode == 0
    assert "nothing was changed" in again.stdout
    assert json.loads(stack.description.read_text("utf-8"))["other"] == login


# The local stack


def test_the_first_admin_outlives_a_restart_and_is_shown_once(
    stack: Stack, api_url: str, nobody: httpx.Client, admin: LoggedIn
) -> None:
    login = json.loads(stack.description.read_text("utf-8"))["admin"]
    token = admin.token

    stack.restart()

    assert json.loads(stack.description.read_text("utf-8"))["admin"] == login
    assert stat.S_IMODE(stack.description.stat().st_mode) == 0o600
    assert login["password"] not in stack.output.read_text("utf-8")
    assert login["password"] not in (stack.home / "run.log").read_text("utf-8")
    assert log_in(api_url, login)["token"]
    assert nobody.get(FLOWS, headers=bearer(token)).status_code == 200


def test_the_line_of_the_first_start_puts_a_token_into_the_shell(stack: Stack) -> None:
    local = Local(home=stack.home, port=stack.port, emulator_port=stack.emulator_port)
    line = token_command(local, "admin")

    done = subprocess.run(  # noqa: S603 - our own line
        ["/bin/bash", "-euo", "pipefail", "-c", f'{line}\necho "$TOKEN"'],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert claims_in(done.stdout.strip())["username"] == "admin"


def test_without_users_everybody_is_local_and_there_is_nothing_to_log_in_to(
    open_stack: Stack,
) -> None:
    with httpx.Client(base_url=open_stack.url, timeout=60) as client:
        assert client.post(FLOWS, json=draft()).status_code == 201
        me = client.get("/api/v1/me").json()
        assert (me["username"], me["role"], me["tenant"]) == ("local", "admin", "default")
        login = {"username": "admin", "password": "correct horse battery"}
        for answer in (client.post("/auth/login", json=login), client.get("/api/v1/users")):
            assert (answer.status_code, answer.json()["code"]) == (404, "route_not_found")
        assert [each["username"] for each in client.get("/api/v1/people").json()] == ["local"]
    assert "admin" not in json.loads(open_stack.description.read_text("utf-8"))
    assert "HEADRACE_AUTH=off" in open_stack.output.read_text("utf-8")


def test_an_open_home_can_be_closed_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    stack = Stack(tmp_path, auth="off")
    stack.start()
    with httpx.Client(base_url=stack.url, timeout=60) as client:
        flow = client.post(FLOWS, json=draft()).json()
        assert stack.stop() == 0

        stack.auth = "on"
        stack.start()

        refused_by_the_gateway(client, None)
        login = json.loads(stack.description.read_text("utf-8"))["admin"]
        assert f"admin  {login['password']}" in stack.output.read_text("utf-8")
        token = bearer(log_in(stack.url, login)["token"])
        assert client.get(f"{FLOWS}/{flow['id']}", headers=token).json() == flow
    assert stack.stop() == 0
