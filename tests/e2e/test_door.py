"""The local stack's door, on both ports: no page, no stranger and no flow comes in."""

import hashlib
import json
import os
import socket
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
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from infra.local.objects import address_at_api
from infra.local.settings import Local
from tests.support.local import ROOT, Stack, free_port
from tests.support.pages import browser, shown

EVIL = "http://evil.example:9911"
SAY = """
tasks:
  - {name: say, type: util.log, properties: {message: said}}
"""
CALL = """
tasks:
  - name: call
    type: http.request
    properties: {{url: '{url}', failOnStatus: false}}
"""
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture
def emulator(stack: Stack) -> Iterator[httpx.Client]:
    """A client of the emulator's port that signs nothing."""
    url = f"http://127.0.0.1:{stack.emulator_port}"
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture
def s3(stack: Stack) -> Any:
    return boto3.client("s3", **stack.aws(), config=Config(signature_version="s3v4"))


def test_a_preflight_of_a_foreign_page_is_refused_on_both_ports(
    api: httpx.Client, emulator: httpx.Client
) -> None:
    asked = {
        "Origin": EVIL,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }

    for answer in (
        api.options("/api/v1/flows", headers=asked),
        emulator.options("/", headers=asked),
    ):
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert emulator.options("/").status_code == 403


def test_a_foreign_origin_is_refused_on_both_ports(
    api: httpx.Client, emulator: httpx.Client
) -> None:
    for method in ("GET", "POST"):
        answer = api.request(method, "/api/v1/flows", headers={"Origin": EVIL})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert answer.headers["content-type"] == "application/problem+json"
        assert emulator.request(method, "/", headers={"Origin": EVIL}).status_code == 403


@pytest.mark.smoke
def test_our_own_origin_and_no_origin_are_served(api: httpx.Client, api_url: str) -> None:
    own = {"Origin": api_url, "Sec-Fetch-Site": "same-origin"}

    assert api.get("/api/v1/flows", headers=own).status_code == 200
    assert api.get("/api/v1/flows").status_code == 200


def test_a_name_that_was_rebound_to_loopback_is_refused_on_both_ports(
    stack: Stack, api: httpx.Client, emulator: httpx.Client
) -> None:
    answer = api.get("/api/v1/flows", headers={"Host": f"evil.example:{stack.port}"})

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    foreign = {"Host": f"evil.example:{stack.emulator_port}"}
    assert emulator.get("/_ministack/health", headers=foreign).status_code == 403


def test_a_post_without_a_body_from_another_page_starts_nothing(
    api: httpx.Client, saved: Callable[[str], Any]
) -> None:
    flow = saved(SAY)
    path = f"/api/v1/flows/{flow['id']}/execute"

    for said in ({"Origin": EVIL}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert api.post(path, headers=said).status_code == 403
    assert api.get("/api/v1/executions", params={"flowId": flow["id"]}).json() == []


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config"])
def test_the_emulators_administration_is_closed(
    stack: Stack, api: httpx.Client, emulator: httpx.Client, saved: Callable[[str], Any], path: str
) -> None:
    flow = saved(SAY)
    key = stack.aws()["aws_access_key_id"]
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={key}/x/y/z/aws4_request"}

    for headers in ({}, signed):
        assert emulator.post(path, headers=headers).status_code == 403
    api.post(path)

    assert api.get(f"/api/v1/flows/{flow['id']}").status_code == 200


@pytest.mark.parametrize(
    "other",
    [
        {"aws_access_key_id": "test", "aws_secret_access_key": "test"},
        {"aws_access_key_id": "000000000000"},
        {"aws_access_key_id": "AKIAAAAAAAAAAAAAAAAA"},
        {"aws_secret_access_key": "wrong"},
    ],
    ids=["test", "account", "unknown", "wrong secret"],
)
@pytest.mark.parametrize(
    ("service", "operation"),
    [("dynamodb", "list_tables"), ("lambda", "list_functions"), ("s3", "list_buckets")],
)
def test_only_the_key_pair_of_the_home_opens_the_emulator(
    stack: Stack, service: Any, operation: str, other: dict[str, str]
) -> None:
    assert getattr(boto3.client(service, **stack.aws()), operation)()

    stranger = boto3.client(service, **stack.aws(**other))
    with pytest.raises(ClientError) as refused:
        getattr(stranger, operation)()

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 403}


def test_a_functions_keys_cannot_be_computed_from_its_name(stack: Stack) -> None:
    functions = boto3.client("lambda", **stack.aws()).list_functions()["Functions"]

    assert functions
    for function in functions:
        digest = _sha256(f"{function['FunctionArn']}:{function['Role']}")
        guessed = {
            "aws_access_key_id": f"ASIA{digest[:16].upper()}",
            "aws_secret_access_key": _sha256(f"secret:{digest}"),
            "aws_session_token": _sha256(f"token:{digest}"),
        }
        # The door answers in JSON, which a client of this service cannot read.
        with pytest.raises((ClientError, ResponseParserError)):
            boto3.client("sts", **stack.aws(**guessed)).get_caller_identity()


def test_a_presigned_address_works_on_the_apis_port_and_no_other_does(
    stack: Stack, nobody: httpx.Client, s3: Any
) -> None:
    local = Local(home=stack.home, port=stack.port, emulator_port=stack.emulator_port)
    place = {"Bucket": "documents-of-a-test", "Key": "a b/ü.html"}
    s3.create_bucket(Bucket=place["Bucket"])
    put, get, delete = (
        address_at_api(s3.generate_presigned_url(f"{name}_object", Params=place), local)
        for name in ("put", "get", "delete")
    )
    assert nobody.put(put, content=b"<script>").status_code == 200

    answer = nobody.get(get)

    assert (answer.status_code, answer.content) == (200, b"<script>")
    assert answer.headers["content-security-policy"] == "sandbox"
    tampered = get[:-1] + ("0" if get[-1] != "0" else "1")
    refused = [
        nobody.get(tampered),
        nobody.get(get.replace("a%20b", "a%20c")),
        nobody.get(get.partition("?")[0]),
        nobody.put(get, content=b"x"),
        nobody.put(put, content=b"x", headers={"x-amz-copy-source": "other/secret"}),
        nobody.delete(delete),
        nobody.get(get, headers={"Origin": EVIL}),
        nobody.get("/_objects/_ministack/health?X-Amz-Signature=0"),
    ]
    assert [each.status_code for each in refused] == [403] * len(refused)
    assert {each.json()["code"] for each in refused} == {"forbidden"}


def status_of_handshake(port: int, path: str, host: str) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(HANDSHAKE.format(path=path, host=host).encode())
        return int(connection.recv(4096).split()[1])


def test_the_public_keys_of_the_pool_are_shown_and_what_else_is_called_unsigned_is_not(
    stack: Stack, emulator: httpx.Client, nobody: httpx.Client
) -> None:
    cognito = boto3.client("cognito-idp", **stack.aws())
    [pool] = cognito.list_user_pools(MaxResults=10)["UserPools"]
    keys = f"/{pool['Id']}/.well-known/jwks.json"

    shown_keys = emulator.get(keys).json()["keys"]

    assert shown_keys
    assert not [key for key in shown_keys if "d" in key]
    for name in ("ListUserPools", "AdminGetUser", "InitiateAuth"):
        target = {"X-Amz-Target": f"AWSCognitoIdentityProviderService.{name}"}
        assert emulator.post("/", headers=target, json={}).status_code == 403
    assert nobody.get(keys).status_code == 401


def test_no_websocket_is_opened_on_either_port(stack: Stack) -> None:
    own, emulators = f"localhost:{stack.port}", f"localhost:{stack.emulator_port}"

    assert status_of_handshake(stack.port, "/_live", own) == 404
    assert status_of_handshake(stack.port, "/_live", f"evil.example:{stack.port}") == 403
    assert status_of_handshake(stack.port, "/_aws/execute-api/x/live", own) == 403
    assert status_of_handshake(stack.emulator_port, "/_aws/execute-api/x/live", emulators) == 403


def test_the_home_is_its_owners_alone(
    stack: Stack, api: httpx.Client, saved: Callable[[str], Any]
) -> None:
    saved(SAY)
    deadline = time.monotonic() + 30
    while not (stack.home / "state" / "snapshot" / "dynamodb.json").exists():
        assert time.monotonic() < deadline, "no snapshot was taken"
        time.sleep(0.1)

    opened = [
        str(path)
        for path in (stack.home, *stack.home.rglob("*"))
        if not path.is_symlink() and _mode(path) & 0o077
    ]

    assert api.get("/healthz").status_code == 200
    assert opened == []
    assert _mode(stack.home) == 0o700
    assert _mode(stack.home / "credentials") == 0o600


def test_a_flow_reaches_the_examples_server_but_never_the_stack(
    stack: Stack, saved: Callable[[str], Any], finished: Callable[..., Any], api: httpx.Client
) -> None:
    port = free_port()
    server = subprocess.Popen([sys.executable, "examples/http_server.py", str(port)], cwd=ROOT)  # noqa: S603
    try:
        _wait_for(port)
        called = _ended(api, finished, saved(CALL.format(url=f"http://127.0.0.1:{port}/orders/1")))
    finally:
        server.terminate()
        server.wait()

    assert called["execution"]["status"] == "SUCCESS"
    for own in (stack.port, stack.emulator_port):
        refused = _ended(api, finished, saved(CALL.format(url=f"http://127.0.0.1:{own}/healthz")))
        assert refused["execution"]["status"] == "FAILED"
        assert "platform's own address" in json.dumps(refused)


def test_a_page_of_another_loopback_port_can_do_nothing(open_stack: Stack) -> None:
    program = browser()
    if program is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    key = open_stack.aws()["aws_access_key_id"]
    # No token would let it in: nothing but the door stands before a stack without users.
    with httpx.Client(base_url=open_stack.url, timeout=60) as api:
        draft = {"yamlContent": SAY, "name": f"page-{time.time_ns()}", "namespace": "e2e"}
        flow = api.post("/api/v1/flows", json=draft).json()["id"]

        seen = shown(program, _attack(open_stack, flow, key))

        assert "ran 8 read 0" in seen
        assert api.get("/api/v1/executions", params={"flowId": flow}).json() == []
        assert api.get(f"/api/v1/flows/{flow}").status_code == 200


def _attack(stack: Stack, flow: str, key: str) -> str:
    """A script that calls both ports in every way a page can, and counts what it could read."""
    api, emulator = f"http://localhost:{stack.port}", f"http://127.0.0.1:{stack.emulator_port}"
    credential = f"AWS4-HMAC-SHA256 Credential={key}/20261128/us-east-1/lambda/aws4_request"
    calls = [
        (f"{api}/api/v1/flows", {}),
        (f"{api}/api/v1/flows/{flow}/execute", {"method": "POST", "mode": "no-cors"}),
        (f"{api}/api/v1/flows/{flow}", {"method": "DELETE"}),
        (f"{emulator}/_ministack/reset", {"method": "POST", "mode": "no-cors"}),
        (f"{emulator}/_ministack/health", {}),
        (f"{emulator}/2015-03-31/functions", {}),
        (f"{emulator}/2015-03-31/functions", {"headers": {"Authorization": credential}}),
        (f"{emulator}/?Action=ListUsers&X-Amz-Credential=test/x/y/iam/aws4_request", {}),
    ]
    return (
        f"const calls = {json.dumps(calls)}; let ran = 0, read = 0;"
        "for (const [url, how] of calls) { ran += 1;"
        "try { const answer = await fetch(url, how); if (answer.type !== 'opaque') read += 1; }"
        "catch (refused) {} }"
        "return `ran ${ran} read ${read}`;"
    )


def _ended(api: httpx.Client, finished: Callable[..., Any], flow: Any) -> Any:
    started = api.post(f"/api/v1/flows/{flow['id']}/execute").json()
    return finished(started["executionId"])


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _mode(path: Path) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the example's server did not start")
