"""The addresses and ports that no call may reach, whatever is allowed: the local stack's own."""

import ipaddress
from dataclasses import dataclass

from shared.messages import InvalidValueError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

THIS_MACHINE = ipaddress.IPv4Address("127.0.0.1")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
_V4 = 0xFFFFFFFF


class DenyListError(InvalidValueError):
    """An entry of the deny-list is no address with a port."""


@dataclass(frozen=True)
class DenyList:
    """Places by address and port; a loopback address stands for every form of loopback."""

    places: frozenset[tuple[Address, int]] = frozenset()

    @classmethod
    def parse(cls, written: str) -> "DenyList":
        """Read comma-separated `address:port`, IPv6 in brackets; DenyListError."""
        entries = [entry.strip() for entry in written.split(",") if entry.strip()]
        return cls(frozenset(map(_place, entries)))

    def has(self, address: Address, port: int) -> bool:
        """Tell whether a connection to this address and port would reach one of the places."""
        return (plain(address), port) in self.places


NOTHING = DenyList()


def plain(address: Address) -> Address:
    """Return the address that a connection would reach: IPv4 where it is carried in IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.is_loopback or address.is_unspecified:
            return THIS_MACHINE
        carried = address.ipv4_mapped or address.sixtofour
        if carried is None and (address in _NAT64 or address in _COMPATIBLE):
            carried = ipaddress.IPv4Address(int(address) & _V4)
        return address if carried is None else plain(carried)
    return THIS_MACHINE if address.is_loopback or address in _THIS_NETWORK else address


def _place(entry: str) -> tuple[Address, int]:
    host, _, port = entry.rpartition(":")
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise DenyListError("HEADRACE_EGRESS_DENY: an entry is no address with a port") from None
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise DenyListError("HEADRACE_EGRESS_DENY: an entry has no port from 1 to 65535")
    return plain(address), int(port)
