"""`util.uuid` makes ids that repeat when an attempt is repeated."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.json_schema.builders import array, closed, integer, outputs
from shared.json_schema.builders import string as text
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext

_MAX_IDS = 1_000
_MILLISECONDS_MASK = (1 << 48) - 1


def _uuid(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    make = _uuid7 if properties.get("version") == 7 else _uuid4
    made = [str(make(context, index)) for index in range(int(properties.get("count", 1)))]
    return {"uuid": made[0], "uuids": made}


def _bits(context: TaskContext, index: int) -> int:
    seed = f"{context.scope.seed}/util.uuid/{index}"
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:16], "big")


def _uuid4(context: TaskContext, index: int) -> UUID:
    return UUID(int=_bits(context, index), version=4)


def _uuid7(context: TaskContext, index: int) -> UUID:
    """Time in milliseconds, then 7, then the index, so that the ids of one task are in order."""
    time = int(context.scope.now.timestamp() * 1000) & _MILLISECONDS_MASK
    variant = 0b10 << 62
    low = _bits(context, index) & ((1 << 62) - 1)
    return UUID(int=time << 80 | 7 << 76 | index << 64 | variant | low)


PLUGINS = (
    Plugin(
        Manifest(
            id="util.uuid",
            name="UUID",
            category="utility",
            description=(
                "Makes UUIDs, random (4) or sortable by time (7). They are the same when an "
                "attempt is repeated after a crash, and can be guessed: never use one as a secret."
            ),
            input_schema=closed(
                {
                    "version": integer("4 or 7.", enum=[4, 7], default=4),
                    "count": integer("How many.", minimum=1, maximum=_MAX_IDS, default=1),
                }
            ),
            output_schema=outputs({"uuid": text("The first."), "uuids": array("All of them.")}),
            icon="id-card",
        ),
        _uuid,
    ),
)
