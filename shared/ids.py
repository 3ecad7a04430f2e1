"""UUIDv7: ids that sort by the time they were made (RFC 9562)."""

import os
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

ID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_ID = re.compile(ID_PATTERN)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FlowId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
ExecutionId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]


def new_id(now: datetime) -> str:
    """Return a fresh id whose first 48 bits are `now` in milliseconds."""
    return _uuid7(now, int.from_bytes(os.urandom(10)))


def id_of(instant: datetime, digest: bytes) -> str:
    """Return the id of a thing that gets the same one whenever it is made; `digest` names it."""
    return _uuid7(instant, int.from_bytes(digest[:10]))


def lowest_id_at(instant: datetime) -> str:
    """Return the smallest id that `new_id(instant)` could give: the lower bound of a range.

    Ids begin with 1970: of what is before, it is the smallest of all.
    """
    return _uuid7(max(instant, _EPOCH), 0)


def highest_id_at(instant: datetime) -> str:
    """Return the largest id that `new_id(instant)` could give: the upper bound of a range.

    Of what is before 1970 it is no id at all, but sorts before each.
    """
    return "" if instant < _EPOCH else _uuid7(instant, (1 << 74) - 1)


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def _uuid7(instant: datetime, randomness: int) -> str:
    milliseconds = (instant - _EPOCH) // timedelta(milliseconds=1)
    high = (milliseconds & (1 << 48) - 1) << 16 | 0x7000 | (randomness >> 62) & 0xFFF
    low = 0b10 << 62 | randomness & (1 << 62) - 1
    return str(UUID(int=high << 64 | low))
