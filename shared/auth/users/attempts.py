"""A limit on wrong logins: by name and address together, and by address alone.

By name alone somebody could lock others out. A login is counted as open before its password is
looked at, so that no more than a few at once can slip by the limit, and as wrong if it was. The
counts belong to no tenant, for who logs in has none yet; names are kept as digests, for some are
passwords that were typed into the wrong field.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from shared.auth.users.repository import users_table
from shared.errors import InvalidCredentialsError, TooManyRequestsError
from shared.observability import logger
from shared.times import utc_now

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

WINDOW = timedelta(minutes=15)


class Bound(NamedTuple):
    """The wrong logins of a window, and those that may be open at once."""

    wrong: int
    open: int

    @property
    def values(self) -> dict[str, int]:
        """The values of the condition that there is room."""
        return {":wrong": self.wrong, ":open": self.open}


OF_NAME = Bound(wrong=5, open=20)
"""With a name from an address: after five wrong ones Cognito locks the name itself, for a second
that doubles with each more, and that would hit others too."""
OF_ADDRESS = Bound(wrong=100, open=200)
"""From an address, with whatever names."""
SOON_SECONDS = 1
_HAS_ROOM = "attribute_not_exists(pk) OR (wrong < :wrong AND #open < :open)"


@dataclass(frozen=True)
class Attempt:
    """A login by name and address, in a window of time."""

    name: str
    address: str
    window: int

    @property
    def counters(self) -> Iterator[tuple[str, Bound]]:
        """Yield the partition of each counter, and its bound."""
        yield _partition(f"{self.name} {self.address}"), OF_NAME
        yield _partition(self.address), OF_ADDRESS

    @property
    def partitions(self) -> Iterator[str]:
        return (partition for partition, _ in self.counters)

    @property
    def ends(self) -> datetime:
        """The end of the window."""
        return end_of(self.window)


def window_at(now: datetime) -> int:
    """Return the number of the window that a moment is in."""
    return int(now.timestamp() // WINDOW.total_seconds())


def end_of(window: int) -> datetime:
    """Return the end of a window."""
    return datetime.fromtimestamp(0, UTC) + (window + 1) * WINDOW


class LoginLimiter:
    """The counts of logins."""

    def __init__(self, table: "Table", now: Callable[[], datetime] = utc_now) -> None:
        self._table = table
        self._now = now

    @contextmanager
    def counted(self, name: str, address: str) -> Iterator[None]:
        """Count what is done inside as a login, a wrong one if InvalidCredentialsError comes of it.

        Raises TooManyRequestsError before it is done.
        """
        attempt = self._begin(name, address)
        try:
            yield
        except InvalidCredentialsError:
            self._end(attempt.partitions, attempt, wrong=1)
            raise
        except Exception:
            self._end(attempt.partitions, attempt, wrong=0)
            raise
        self._end(attempt.partitions, attempt, wrong=0)

    def _begin(self, name: str, address: str) -> Attempt:
        window = window_at(self._now())
        attempt = Attempt(name, network_of(address), window)
        opened: list[str] = []
        try:
            for partition, bound in attempt.counters:
                self._open(partition, bound, attempt)
                opened.append(partition)
        except TooManyRequestsError:
            self._end(opened, attempt, wrong=0)
            raise
        return attempt

    def _open(self, partition: str, bound: Bound, attempt: Attempt) -> None:
        expires = int((attempt.ends + WINDOW).timestamp())
        try:
            self._table.update_item(
                Key=_key(partition, attempt),
                UpdateExpression="ADD #open :one, wrong :none SET expiresAt = :at",
                ConditionExpression=_HAS_ROOM,
                ExpressionAttributeNames={"#open": "open"},
                ExpressionAttributeValues={**bound.values, ":one": 1, ":none": 0, ":at": expires},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            there: Any = error.response
            raise self._refusal(int(there["Item"]["wrong"]["N"]) >= bound.wrong, attempt) from None

    def _refusal(self, has_many_wrong: bool, attempt: Attempt) -> TooManyRequestsError:  # noqa: FBT001
        left = math.ceil((attempt.ends - self._now()).total_seconds())
        seconds = max(SOON_SECONDS, left) if has_many_wrong else SOON_SECONDS
        return TooManyRequestsError("too many logins, try again later", retry_after_seconds=seconds)

    def _end(self, partitions: Iterable[str], attempt: Attempt, *, wrong: int) -> None:
        """Count a login as done; what cannot be counted must not decide who gets in."""
        try:
            for partition in partitions:
                self._table.update_item(
                    Key=_key(partition, attempt),
                    UpdateExpression="ADD #open :less, wrong :wrong",
                    ConditionExpression="#open > :none",
                    ExpressionAttributeNames={"#open": "open"},
                    ExpressionAttributeValues={":less": -1, ":wrong": wrong, ":none": 0},
                )
        except (ClientError, BotoCoreError):
            logger.exception("a login counts as open until its window is over")


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
