"""The addresses that wrong logins are counted by; the counts themselves are tried over HTTP."""

import pytest

from shared.auth.users.attempts import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_an_address_stands_for_what_one_subscriber_has(address: str, network: str):
    assert network_of(address) == network
