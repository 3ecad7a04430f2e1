"""Containers that were entered: branch, iterations."""

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from shared.executions.scheduling.rounds import Rounds
from shared.executions.task_runs import Failure

MAX_WINDOW = 64
"""Iterations in which something may be done at once, of a loop without a limit: there are half as
many threads, and whoever waits takes no place."""
MAX_WAITING = 1_000
"""The iterations of a loop without a limit that only wait at once: each turn checks them all."""
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass
class ContainerState:
    """The decisions made when a container was entered.

    A branch names the list that runs, None for no list. A loop has `items`: pairs of the key that
    templates see (None in a list) and the item. Its iterations begin in order, as far as
    `concurrency` leaves room: `open` are under way, those from `next` on have not begun, `started`
    tells when each had room, None for when the loop began. A `flow.loop` has `rounds` instead.
    """

    branch: str | None = None
    concurrency: int = 0
    items: list[tuple[str | None, Any]] | None = None
    fail_fast: bool = True
    open: list[int] = field(default_factory=list)
    next: int = 0
    started: dict[int, datetime | None] = field(default_factory=dict)
    ends: list[datetime] = field(default_factory=list)
    failure: Failure | None = None
    rounds: Rounds | None = None

    @property
    def is_between_rounds(self) -> bool:
        """Tell whether nothing inside may run until another round has begun."""
        return self.rounds is not None and not self.rounds.has_begun

    @property
    def never_all_begun(self) -> int | None:
        """Return how many iterations a loop has if some of them have not begun, else None."""
        number = len(self.items or ())
        return number if self.next < number else None

    def has_room(self, *, busy: int, waiting: int) -> bool:
        """Tell whether another iteration may begin while so many are open (busy or waiting)."""
        if self.concurrency:
            return busy + waiting < self.concurrency
        return busy < MAX_WINDOW and busy + waiting < MAX_WAITING

    def start(self, index: int) -> None:
        """Take an iteration up, all before it that are over being known."""
        self.next = max(self.next, index + 1)
        room = self.concurrency or MAX_WAITING
        self.started.setdefault(index, room_made(self.ends, index, room))

    def to_look_at(self) -> Iterator[int]:
        """Return the iterations that are not known to be over, in order."""
        return chain(tuple(self.open), range(self.next, len(self.items or ())))

    def finish(self, index: int, end: datetime | None) -> None:
        """Take note that all in an iteration is settled; without `end` it took no time."""
        insort(self.ends, end or self.started.get(index) or BEFORE_ALL)


def room_made(ends: Sequence[datetime], index: int, room: int) -> datetime | None:
    """Return when there was room for iteration `index` (from 0, in order of begin); None: always.

    `ends` are those of earlier iterations, in order. As many have to be over as leave fewer than
    `room` under way: iterations that end later do not change that moment, so a later turn finds the
    same one in the records.
    """
    over = index - room
    return ends[over] if 0 <= over < len(ends) else None
