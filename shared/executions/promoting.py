"""Promoting: whoever has waited longest for a slot gets the next one that is free, and starts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.executions.engine import Engine
from shared.executions.slots import Admission, First, SlotRepository

LOOK_AFTER = timedelta(seconds=60)
"""How long an admitted execution may take before the reconciler looks at it; its pace at lines."""


@dataclass(frozen=True)
class Promoter:
    slots: SlotRepository
    engine: Engine
    now: Callable[[], datetime]

    def promote(self, line: str) -> int:
        """Admit and start as many as there are free slots; how many that were.

        Called by everyone who enters the line, after entering it, and by everyone who frees a slot,
        after freeing it: whichever of the two reads last sees both. Somebody who is left waiting
        has the line watched, for whoever frees the next slot may die before this.
        """
        promoted = 0
        while True:
            first = self.slots.first(line)
            if first is None:
                return promoted
            admission = self._admit(line, first)
            if admission is Admission.FULL:
                if not first.is_watched:
                    self.slots.watch(line, at=self.now() + LOOK_AFTER)
                return promoted
            if admission is Admission.ADMITTED:
                promoted += 1
                # What waits is in its first generation: only what was admitted can be resumed.
                tenant = line.partition("#")[0]
                self.engine.start_run(tenant, first.execution_id, generation=1)

    def is_watched(self, line: str) -> bool:
        """Whether a line is looked at, in which somebody waits."""
        first = self.slots.first(line)
        return first is not None and first.is_watched

    def watch(self, line: str) -> int:
        """Promote, then look again in a minute if anybody still waits; how many were promoted."""
        promoted = self.promote(line)
        if self.slots.first(line):
            self.slots.watch(line, at=self.now() + LOOK_AFTER)
            return promoted
        self.slots.unwatch(line)
        # Whoever entered since has seen a watched line, and relied on it.
        return promoted + self.promote(line)

    def _admit(self, line: str, first: First) -> Admission:
        if first.taken >= first.limit:
            return Admission.FULL
        return self.slots.admit(line, first, check_at=self.now() + LOOK_AFTER)
