"""Which addresses may be reached, and which never."""

import socket
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from shared.config import EgressSettings, settings
from shared.egress.deny_list import DenyList
from shared.egress.guard import (
    AllowList,
    EgressGuard,
    EgressRefusedError,
    EgressSettingError,
    egress_guard,
)
from tests.support.errors import refusal, told

PUBLIC = "93.184.215.14"

REFUSED = [
    "0.0.0.0",  # noqa: S104 - an address to be refused
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.215.14",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "fec0::1",
    "ff02::1",
    "no address",
]
REACHED = [
    PUBLIC,
    "8.8.8.8",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2001:200::1",
    "2a00:1450::1",
]


def guard(*addresses: str, allow: str = "") -> EgressGuard:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return EgressGuard(AllowList.parse(allow), resolve)


def reached(found: EgressGuard, host: str = "example.com") -> tuple[str, ...]:
    return found.addresses(host, 443, timeout=5)


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(EgressRefusedError) as refused:
        reached(guard(address))

    assert address not in told(refused.value)


@pytest.mark.parametrize("address", REACHED)
def test_a_public_address_is_reached(address: str) -> None:
    assert reached(guard(address)) == (address,)


@pytest.mark.parametrize("others", [("127.0.0.1", PUBLIC), (PUBLIC, "::1")])
def test_one_bad_address_among_good_ones_refuses_the_host(others: tuple[str, ...]) -> None:
    with pytest.raises(EgressRefusedError):
        reached(guard(*others))


def test_every_address_is_returned_once_in_order() -> None:
    assert reached(guard("2606:4700::1111", PUBLIC, PUBLIC)) == ("2606:4700::1111", PUBLIC)


@pytest.mark.parametrize(
    ("allow", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.0/8", "127.1.2.3"),
        (" 10.0.0.0/8 , ::1", "::1"),
        ("[::1]", "::1"),
        ("fd00::/8", "fd00:ec2::254"),
        ("example.com", "127.0.0.1"),
        ("EXAMPLE.com,", "10.0.0.1"),
    ],
)
def test_the_allow_list_opens_hosts_and_networks(allow: str, address: str) -> None:
    assert reached(guard(address, allow=allow)) == (address,)


@pytest.mark.parametrize(
    ("allow", "address"),
    [
        ("127.0.0.1", "127.0.0.2"),
        ("127.0.0.1", "::ffff:127.0.0.1"),
        ("other.com", "127.0.0.1"),
        ("ple.com", "127.0.0.1"),
        ("::/0", "127.0.0.1"),
    ],
)
def test_the_allow_list_opens_nothing_else(allow: str, address: str) -> None:
    with pytest.raises(EgressRefusedError):
        reached(guard(address, allow=allow))


@pytest.mark.parametrize("allow", ["127.0.0.0/8,::/0", "example.com", "0.0.0.0/0,::/0"])
@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.0.0.9", "0.1.2.3", "::1", "::ffff:127.0.0.1"]
)
def test_what_is_denied_is_not_reached_whatever_is_allowed(allow: str, address: str) -> None:
    opened = guard("93.184.216.34", address, allow=allow)
    closed = replace(opened, denied=DenyList.parse("127.0.0.1:443"))
    elsewhere = replace(opened, denied=DenyList.parse("127.0.0.1:444"))

    with pytest.raises(EgressRefusedError, match="the platform's own address"):
        reached(closed)
    if allow == "example.com":
        assert reached(elsewhere) == ("93.184.216.34", address)


def test_a_trailing_dot_and_capitals_do_not_change_a_host() -> None:
    assert reached(guard("10.0.0.1", allow="example.com"), "EXAMPLE.com.") == ("10.0.0.1",)


@pytest.mark.parametrize(
    "entry",
    [
        "http://example.com",
        "example.com:8080",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "300.1.1.1",
        "127.1",
        "0x7f000001",
        "*.example.com",
        "exa mple.com",
        "-a.com",
        "[::1",
        "::1%eth0/64",
        "a" * 300,
    ],
)
def test_a_malformed_entry_is_named(entry: str) -> None:
    with refusal(EgressSettingError, match="HEADRACE_EGRESS_ALLOW: "):
        AllowList.parse(f"example.com,{entry}")


@pytest.mark.parametrize(
    ("scheme", "userinfo", "host"),
    [
        ("ftp", "", "example.com"),
        ("file", "", ""),
        ("", "", "example.com"),
        ("https", "user:secret", "example.com"),
        ("https", b"user", "example.com"),
        ("https", "", ""),
        ("https", "", "fe80::1%25eth0"),
    ],
)
def test_some_urls_are_refused_before_anything_is_resolved(
    scheme: str, userinfo: str | bytes, host: str
) -> None:
    with pytest.raises(EgressRefusedError) as refused:
        guard(PUBLIC).check_url(scheme, userinfo, host)

    assert "secret" not in told(refused.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_plain_urls_pass(scheme: str) -> None:
    guard(PUBLIC).check_url(scheme, b"", "example.com")


def test_a_host_without_an_address_is_no_refusal() -> None:
    with pytest.raises(OSError, match="no address"):
        reached(guard())


@pytest.mark.timing
@pytest.mark.parametrize("error", [socket.gaierror(8, "unknown"), ValueError("label too long")])
def test_a_resolver_that_fails_is_an_operating_system_error(error: Exception) -> None:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        raise error

    with pytest.raises(OSError, match=r"unknown|malformed"):
        reached(EgressGuard(resolve=resolve))


@pytest.mark.timing
def test_a_resolver_that_hangs_is_left_behind() -> None:
    released = threading.Event()

    def resolve(_host: str, _port: int) -> Sequence[str]:
        released.wait(60)
        return [PUBLIC]

    try:
        with pytest.raises(TimeoutError):
            EgressGuard(resolve=resolve).addresses("example.com", 80, timeout=0.01)
    finally:
        released.set()


def test_the_deployments_guard_has_the_allow_list_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADRACE_EGRESS_ALLOW", "10.0.0.0/8,internal.example")
    monkeypatch.setenv("HEADRACE_EGRESS_DENY", "127.0.0.1:8080")
    settings.cache_clear()
    egress_guard.cache_clear()
    try:
        allowed = egress_guard().allowed
        assert allowed.hosts == {"internal.example"}
        assert [str(network) for network in allowed.networks] == ["10.0.0.0/8"]
        assert egress_guard().denied == DenyList.parse("127.0.0.1:8080")
    finally:
        settings.cache_clear()
        egress_guard.cache_clear()
        monkeypatch.undo()
        assert settings(EgressSettings).headrace_egress_allow == ""
        assert settings(EgressSettings).headrace_egress_deny == ""
        settings.cache_clear()
