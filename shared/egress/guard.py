"""The addresses an outgoing call may reach: public ones, and those the deployment allows.

* EgressRefusedError      the call is not made, and trying again will not help
* EgressSettingError      `HEADRACE_EGRESS_ALLOW` cannot be understood
"""

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from shared.config import EgressSettings, settings
from shared.egress.deny_list import NOTHING, DenyList
from shared.messages import InvalidValueError, Message

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], Sequence[str]]
"""Every address of a host, as text; OSError when it has none."""

_NOT_PUBLIC_V4: Final = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, the unspecified address
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, metadata services
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_PUBLIC_V6: Final = ipaddress.IPv6Network("2000::/3")
"""The public part of IPv6; the rest is loopback, mapped IPv4, unique local or multicast."""
_NOT_PUBLIC_V6: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries any IPv4 address
        "3fff::/20",  # documentation
    )
)
_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)
_NUMERIC_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


class EgressRefusedError(Exception):
    """A call to this host is not allowed; the message names no address."""

    def __init__(self, message: Message | str) -> None:
        self.message = Message.of(message)
        super().__init__(str(self.message))


class EgressSettingError(InvalidValueError):
    """An entry of the allow-list is neither a host nor an address nor a CIDR block."""


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the public Internet and to nothing special in it."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


@dataclass(frozen=True)
class AllowList:
    """Hosts and networks that may be reached whatever they are, on any port."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, written: str) -> "AllowList":
        """Read comma-separated hosts, addresses and CIDR blocks; EgressSettingError."""
        entries = [entry.strip().lower() for entry in written.split(",") if entry.strip()]
        networks = {entry: _network(entry) for entry in entries}
        hosts = [entry for entry, network in networks.items() if network is None]
        for entry in hosts:
            if not _HOST.fullmatch(entry) or _NUMERIC_END.fullmatch(entry):
                raise EgressSettingError(
                    Message(
                        'HEADRACE_EGRESS_ALLOW: "{entry}" is no host, address or CIDR block'
                        " (they have no scheme and no port, a block no bits beyond its prefix)",
                        entry=Message.of(entry),
                    )
                )
        return cls(frozenset(hosts), tuple(each for each in networks.values() if each))

    def has(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def _network(entry: str) -> Network | None:
    bare = entry[1:-1] if entry.startswith("[") and entry.endswith("]") else entry
    try:
        return ipaddress.ip_network(bare)
    except ValueError:
        return None


def system_addresses(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, which also knows 127.1, 0x7f000001 and the like."""
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True)
class EgressGuard:
    """The guard that decides about hosts; connect to the addresses it returns, unresolved again."""

    allowed: AllowList = AllowList()
    resolve: Resolver = system_addresses
    denied: DenyList = NOTHING

    def check_url(self, scheme: str, userinfo: str | bytes, host: str) -> None:
        """Refuse what needs no look at addresses: other schemes, credentials, odd hosts."""
        if scheme not in {"http", "https"}:
            raise EgressRefusedError("only http and https URLs may be called")
        if userinfo:
            raise EgressRefusedError("a URL must not hold a username or password, use auth")
        if not host or "%" in host:
            raise EgressRefusedError("the URL's host is empty or has a zone")

    def addresses(self, host: str, port: int, *, timeout: float) -> tuple[str, ...]:
        """Resolve `host` once and return its addresses, all of them allowed.

        Raises EgressRefusedError when any address is not, OSError when there is none,
        TimeoutError after `timeout` seconds.
        """
        name = host.lower().removesuffix(".")
        found = tuple(dict.fromkeys(_in_time(self.resolve, host, port, timeout)))
        if not found:
            raise OSError("the host has no address")
        if any(self._is_denied(each, port) for each in found):
            raise EgressRefusedError(
                "this is the platform's own address: no flow may call it, whatever is allowed"
            )
        if name not in self.allowed.hosts and not all(map(self._may_reach, found)):
            raise EgressRefusedError(
                Message(
                    '"{name}" is not a public host; an operator can allow it'
                    " (HEADRACE_EGRESS_ALLOW)",
                    name=name,
                )
            )
        return found

    def _is_denied(self, written: str, port: int) -> bool:
        try:
            return self.denied.has(ipaddress.ip_address(written), port)
        except ValueError:
            return False

    def _may_reach(self, written: str) -> bool:
        try:
            address = ipaddress.ip_address(written)
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
            return False
        return is_public(address) or self.allowed.has(address)


def _in_time(resolve: Resolver, host: str, port: int, timeout: float) -> Sequence[str]:
    """Resolve in a thread of its own, because the system's resolver takes no time-out."""
    answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except Exception as error:  # noqa: BLE001 - raised again below, in the caller's thread
            answers.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=max(timeout, 0))
    except queue.Empty:
        raise TimeoutError("the host's name was not resolved in time") from None
    if isinstance(answer, ValueError | OverflowError):  # a label too long, a port too large
        raise OSError("the host's name or port is malformed") from answer
    if isinstance(answer, Exception):
        raise answer
    return answer


@cache
def egress_guard() -> EgressGuard:
    """Return the deployment's guard with its two lists; EgressSettingError if malformed."""
    given = settings(EgressSettings)
    return EgressGuard(
        AllowList.parse(given.headrace_egress_allow),
        denied=DenyList.parse(given.headrace_egress_deny),
    )
