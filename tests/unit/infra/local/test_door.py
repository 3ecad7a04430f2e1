"""The door before both ports: who is let in, by what a browser or an SDK says of itself."""

from collections.abc import MutableMapping
from typing import Any

import pytest

from infra.local.door import (
    CLOSED,
    FOREIGN_HOST,
    FOREIGN_PAGE,
    NO_PAGES,
    UNSIGNED,
    ApiDoor,
    EmulatorDoor,
    access_key,
)

PORT = 8080
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIAHOME/20261128/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
QUERY = "X-Amz-Credential=AKIAHOME%2F20261128%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=0"
Scope = MutableMapping[str, Any]


def asked(method: str = "GET", path: str = "/", query: str = "", **lines: str) -> Scope:
    """A request with these header lines (`sec_fetch_site=…`); its host is a good one."""
    given = {"host": f"localhost:{PORT}", **lines}
    headers = [(name.replace("_", "-").encode(), text.encode()) for name, text in given.items()]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": headers,
    }


def socket(**lines: str) -> Scope:
    """A WebSocket's handshake."""
    opened = {**asked(**lines), "type": "websocket"}
    del opened["method"]
    return opened


def api(scope: Scope, *names: str, port: int = PORT) -> str | None:
    return ApiDoor(port, names).refusal(scope)


def emulator(scope: Scope) -> str | None:
    return EmulatorDoor(PORT, {"AKIAHOME"}.__contains__).refusal(scope)


@pytest.mark.parametrize(
    "host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LocalHost:8080"]
)
def test_loopback_with_the_port_is_let_in_on_both_ports(host: str) -> None:
    assert api(asked(host=host)) is None
    assert emulator(asked(host=host, authorization=SIGNED)) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8080",
        "localhost",
        "localhost:8081",
        "127.0.0.2:8080",
        "localhost.evil:8080",
        "",
    ],
)
def test_another_host_is_refused_on_both_ports_for_sockets_too(host: str) -> None:
    for scope in (asked(host=host, authorization=SIGNED), socket(host=host, authorization=SIGNED)):
        assert api(scope) == FOREIGN_HOST
        assert emulator(scope) == FOREIGN_HOST


def test_no_host_and_two_hosts_are_refused() -> None:
    none = {**asked(authorization=SIGNED), "headers": []}
    two = asked(authorization=SIGNED)
    two["headers"] += [(b"Host", b"evil.example")]

    assert [api(none), api(two), emulator(none), emulator(two)] == [FOREIGN_HOST] * 4


def test_on_the_default_port_a_host_needs_none() -> None:
    assert api(asked(host="localhost"), port=80) is None


def test_a_configured_name_opens_the_api_and_its_pages_but_not_the_emulator() -> None:
    for host in ("flows.example", "flows.example:8080"):
        assert api(asked(host=host), "flows.example") is None
        assert api(asked("POST", host=host, origin=f"https://{host}"), "flows.example") is None
        assert emulator(asked(host=host, authorization=SIGNED)) == FOREIGN_HOST


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "origin", ["http://localhost:9911", "http://evil.example", "null", "https://localhost:8080"]
)
def test_a_foreign_page_is_refused_for_every_method(method: str, origin: str) -> None:
    assert api(asked(method, origin=origin)) == FOREIGN_PAGE


def test_a_page_of_ours_may_do_everything() -> None:
    for host in ("localhost", "127.0.0.1", "[::1]"):
        page = {"origin": f"http://{host}:{PORT}", "sec_fetch_site": "same-origin"}
        assert api(asked("POST", **page)) is None
        assert api(socket(**page)) is None


@pytest.mark.parametrize(
    ("site", "reads", "writes"),
    [
        ("none", None, None),
        ("same-origin", None, None),
        ("same-site", None, FOREIGN_PAGE),
        ("cross-site", None, FOREIGN_PAGE),
    ],
)
def test_a_page_that_hides_its_origin_may_only_read_what_it_cannot_see(
    site: str, reads: str | None, writes: str | None
) -> None:
    assert api(asked("GET", sec_fetch_site=site)) == reads
    assert api(asked("POST", sec_fetch_site=site)) == writes
    assert api(socket(sec_fetch_site=site)) == writes


@pytest.mark.parametrize(
    "lines", [{"origin": "http://localhost:8080"}, {"sec_fetch_site": "same-origin"}]
)
def test_no_page_at_all_calls_the_emulator(lines: dict[str, str]) -> None:
    assert emulator(asked(authorization=SIGNED, **lines)) == NO_PAGES
    assert emulator(socket(authorization=SIGNED, **lines)) == NO_PAGES


def test_a_preflight_never_reaches_the_emulator() -> None:
    assert emulator(asked("OPTIONS", authorization=SIGNED)) == NO_PAGES


@pytest.mark.parametrize(
    "path",
    [
        *("/_ministack/reset", "/_ministack/config", "/_ministack/ses/messages"),
        *("/_ministack/lambda-code/x", "/_ministack/health/", "/_localstack/health"),
        *("/_aws/lambda-url/x", "/_alb/x"),
    ],
)
def test_the_emulators_administration_is_closed_to_everybody(path: str) -> None:
    assert emulator(asked("POST", path, authorization=SIGNED)) == CLOSED


def test_anybody_on_this_machine_may_see_that_the_emulator_lives() -> None:
    assert emulator(asked(path="/_ministack/health")) is None


def test_a_function_may_send_to_a_websockets_clients() -> None:
    path = "/_aws/execute-api/abc/live/@connections/1"

    assert emulator(asked("POST", path, authorization=SIGNED)) is None
    assert emulator(asked("POST", path)) == UNSIGNED


@pytest.mark.parametrize("key", ["test", "000000000000", "AKIAOTHER", ""])
def test_a_key_that_is_not_known_is_refused_in_header_and_query(key: str) -> None:
    assert emulator(asked(authorization=SIGNED.replace("AKIAHOME", key))) == UNSIGNED
    assert emulator(asked(query=QUERY.replace("AKIAHOME", key))) == UNSIGNED


def test_a_known_key_is_let_in_by_header_or_query() -> None:
    assert emulator(asked(authorization=SIGNED)) is None
    assert emulator(asked(query=QUERY)) is None
    assert emulator(asked()) == UNSIGNED


@pytest.mark.parametrize(
    "scope",
    [
        asked(authorization=SIGNED, query=QUERY),
        asked(query=f"{QUERY}&x-amz-credential=test/"),
        asked(query=f"{QUERY}&{QUERY}"),
        asked(authorization=f"{SIGNED}, Credential=test/"),
        asked(authorization="Bearer Credential=AKIAHOME/"),
        asked(authorization="Basic x", query=QUERY),
        asked(query="AWSAccessKeyId=AKIAHOME&Signature=0"),
    ],
    ids=["both", "other case", "twice", "two in one", "no signature", "basic", "version 2"],
)
def test_a_key_that_others_could_read_otherwise_is_none(scope: Scope) -> None:
    assert access_key(scope) == ""


KEYS = "/us-east-1_Ab12Cd34E/.well-known/jwks.json"
CALLS = ["GetUser", "RevokeToken"]


def call(name: str) -> str:
    return f"AWSCognitoIdentityProviderService.{name}"


def test_a_pools_public_keys_are_shown_unsigned() -> None:
    assert emulator(asked(path=KEYS)) is None


@pytest.mark.parametrize("name", CALLS)
def test_a_call_about_a_token_needs_no_signature(name: str) -> None:
    assert emulator(asked("POST", x_amz_target=call(name))) is None


@pytest.mark.parametrize(
    "scope",
    [
        asked("PUT", KEYS),
        asked(path=f"/bucket{KEYS}"),
        asked(path="/bucket/.well-known/jwks.json"),
        asked(path=KEYS, query="acl"),
        asked(path=KEYS, authorization="Basic x"),
        asked("POST", x_amz_target=call("AdminGetUser")),
        asked("POST", x_amz_target=call("InitiateAuth")),
        asked("POST", x_amz_target=call("GetUserX")),
        asked("POST", x_amz_target="DynamoDB_20120810.GetItem"),
        asked("POST", "/2015-03-31/functions", x_amz_target=call("GetUser")),
        asked("POST", query="Action=ListUsers", x_amz_target=call("GetUser")),
        asked("GET", x_amz_target=call("GetUser")),
        asked("POST", x_amz_target=call("GetUser"), authorization="Bearer x"),
    ],
    ids=lambda scope: f"{scope['method']} {scope['path']}",
)
def test_nothing_else_of_the_pool_is_public(scope: Scope) -> None:
    assert emulator(scope) == UNSIGNED


def test_two_targets_are_none() -> None:
    two = asked("POST", x_amz_target=call("GetUser"))
    two["headers"] += [(b"X-Amz-Target", b"DynamoDB_20120810.Scan")]

    assert emulator(two) == UNSIGNED


def test_no_page_reads_the_keys_or_asks_about_a_token() -> None:
    page = {"origin": "http://localhost:8080"}

    assert emulator(asked(path=KEYS, **page)) == NO_PAGES
    assert emulator(asked("POST", x_amz_target=call("GetUser"), **page)) == NO_PAGES
