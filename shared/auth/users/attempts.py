"""A limit on wrong logins: by name and address together, and by address alone.

By name alone somebody could lock others out. A login counts before its password is looked at, so
that many at once cannot slip through, and is given back unless it was wrong. The counts belong to
no tenant, for who logs in has none yet; names are kept as digests, for some are passwords that were
typed into the wrong field.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.auth.users.repository import users_table
from shared.errors import InvalidCredentialsError, TooManyRequestsError
from shared.observability import logger
from shared.times import utc_now

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

WINDOW = timedelta(minutes=15)
MAX_OF_NAME = 5
"""Wrong logins with a name from an address in a window: after five Cognito locks the name itself,
for a second that doubles with each more, and that would hit others too."""
MAX_OF_ADDRESS = 100
"""Wrong logins from an address in a window, with whatever names."""


@dataclass(frozen=True)
class Attempt:
    """A login that was counted: by name and address, and by address, in a window of time."""

    name: str
    address: str
    window: int

    @property
    def counters(self) -> Iterator[tuple[str, int]]:
        """Yield the partition of each counter, and how far it may go."""
        yield _partition(f"{self.name} {self.address}"), MAX_OF_NAME
        yield _partition(self.address), MAX_OF_ADDRESS


class LoginLimiter:
    """The counts of wrong logins."""

    def __init__(self, table: "Table", now: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self._now = now

    @contextmanager
    def counted(self, name: str, address: str) -> Iterator[None]:
        """Count what is done inside as a wrong login, unless anything else comes of it.

        Raises TooManyRequestsError before it is done.
        """
        attempt = self.count(name, address)
        try:
            yield
        except InvalidCredentialsError:
            raise
        except Exception:
            self._try_to_give_back(attempt)
            raise
        self._try_to_give_back(attempt)

    def count(self, name: str, address: str) -> Attempt:
        """Count a login as wrong, until it is given back; TooManyRequestsError."""
        now = self._now()
        window = int(now.timestamp() // WINDOW.total_seconds())
        attempt = Attempt(name, network_of(address), window)
        for partition, most in attempt.counters:
            self._count(partition, most, attempt, now)
        return attempt

    def give_back(self, attempt: Attempt) -> None:
        """Say of a login that was counted that it was not wrong."""
        for partition, _ in attempt.counters:
            with suppress(self._table.meta.client.exceptions.ConditionalCheckFailedException):
                self._table.update_item(
                    Key=_key(partition, attempt),
                    UpdateExpression="ADD wrong :less",
                    ConditionExpression="wrong > :none",
                    ExpressionAttributeValues={":less": -1, ":none": 0},
                )

    def _try_to_give_back(self, attempt: Attempt) -> None:
        try:
            self.give_back(attempt)
        except (ClientError, BotoCoreError):
            logger.exception("a login that was not wrong counts as one for some minutes")

    def _count(self, partition: str, most: int, attempt: Attempt, now: datetime) -> None:
        ends = datetime.fromtimestamp(0, UTC) + (attempt.window + 1) * WINDOW
        try:
            self._table.update_item(
                Key=_key(partition, attempt),
                UpdateExpression="ADD wrong :one SET expiresAt = :at",
                ConditionExpression="attribute_not_exists(wrong) OR wrong < :most",
                ExpressionAttributeValues={
                    ":one": 1,
                    ":most": most,
                    ":at": int((ends + WINDOW).timestamp()),
                },
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            seconds = max(1, int((ends - now).total_seconds()) + 1)
            raise TooManyRequestsError(
                "too many wrong logins, try again later", retry_after_seconds=seconds
            ) from None


def network_of(address: str) -> str:
    """Return what one subscriber has: an address of IPv4, the first half of one of IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))
    return str(found)


def _partition(subject: str) -> str:
    return f"#attempts#{hashlib.sha256(subject.encode()).hexdigest()}"


def _key(partition: str, attempt: Attempt) -> dict[str, str]:
    return {"pk": partition, "sk": str(attempt.window)}


@cache
def login_limiter() -> LoginLimiter:
    return LoginLimiter(users_table())
