"""The places that no call may reach: the same place in whatever form an address is written."""

import ipaddress

import pytest

from shared.egress.deny_list import DenyList, DenyListError

OWN = DenyList.parse("127.0.0.1:8080, 127.0.0.1:4566")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "0.1.2.3"),  # noqa: S104 - none is bound
        *("::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::127.0.0.1", "::7f00:2"),
        *("64:ff9b::7f00:1", "2002:7f00:1::"),
    ],
)
def test_every_form_of_loopback_is_the_same_place(address: str) -> None:
    assert OWN.has(ipaddress.ip_address(address), 8080)
    assert OWN.has(ipaddress.ip_address(address), 4566)
    assert not OWN.has(ipaddress.ip_address(address), 8081)


@pytest.mark.parametrize("address", ["10.0.0.1", "93.184.216.34", "2606:2800:220::1", "fe80::1"])
def test_other_machines_are_other_places(address: str) -> None:
    assert not OWN.has(ipaddress.ip_address(address), 8080)


def test_another_machine_can_be_named_too() -> None:
    denied = DenyList.parse("10.0.0.1:80,[2606:2800:220::1]:443")

    assert denied.has(ipaddress.ip_address("10.0.0.1"), 80)
    assert denied.has(ipaddress.ip_address("::ffff:10.0.0.1"), 80)
    assert denied.has(ipaddress.ip_address("2606:2800:220::1"), 443)
    assert not denied.has(ipaddress.ip_address("10.0.0.1"), 443)


@pytest.mark.parametrize("wrong", ["localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", ":80"])
def test_a_malformed_entry_is_refused(wrong: str) -> None:
    with pytest.raises(DenyListError, match="HEADRACE_EGRESS_DENY"):
        DenyList.parse(wrong)
