"""Promoting: whoever has waited longest for a slot gets the next one that is free, and starts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.executions.engine import Engine
from shared.executions.slots import Admission, SlotRepository

LOOK_AFTER = timedelta(seconds=60)
"""How long an admitted execution may take before the reconciler looks at it."""


@dataclass(frozen=True)
class Promoter:
    slots: SlotRepository
    engine: Engine
    now: Callable[[], datetime]

    def promote(self, line: str) -> int:
        """Admit and start as many as there are free slots; how many that were.

        Called by everyone who enters the line, after entering it, and by everyone who frees a slot,
        after freeing it: whichever of the two reads last sees both.
        """
        promoted = 0
        while True:
            first = self.slots.first(line)
            if first is None or first.taken >= first.limit:
                return promoted
            admission = self.slots.admit(line, first, check_at=self.now() + LOOK_AFTER)
            if admission is Admission.FULL:
                return promoted
            if admission is Admission.ADMITTED:
                promoted += 1
                # What waits is in its first generation: only what was admitted can be resumed.
                tenant = line.partition("#")[0]
                self.engine.start_run(tenant, first.execution_id, generation=1)
