"""The budget of a turn: whether another task may begin before the function's time is over."""

from collections.abc import Callable

from shared.executions.engine.context import TaskKind

RESERVE_SECONDS = 20.0
"""The time kept at the end of an invocation for recording what was cut off, and for answering."""
ENOUGH_SECONDS = 60.0
"""The time that a task of a kind needs to begin, unless it is the turn's first."""


class TurnBudget:
    """The room a turn has for tasks that take time; `has_deferred` if it leaves one to the next.

    `remaining` tells the seconds that are left to the function, `is_isolated` whether each attempt
    of an INLINE task has a turn of its own.
    """

    def __init__(self, remaining: Callable[[], float], *, is_isolated: bool) -> None:
        self.has_deferred = False
        self._remaining = remaining
        self._is_isolated = is_isolated
        self._begun = set[TaskKind]()

    def allows(self, kind: TaskKind) -> bool:
        """Tell whether another task of a kind may begin; one that may not is deferred."""
        is_alone = self._is_isolated and kind is TaskKind.INLINE
        has_room = kind not in self._begun or (not is_alone and self._remaining() > ENOUGH_SECONDS)
        self.has_deferred = self.has_deferred or not has_room
        return has_room

    def allows_round(self) -> bool:
        """Tell whether a loop may begin another round: thousands may come without any pause."""
        has_time = self._remaining() > RESERVE_SECONDS
        self.has_deferred = self.has_deferred or not has_time
        return has_time

    def take(self, kind: TaskKind) -> None:
        """Take note that a task of a kind has begun: the next is not the turn's first."""
        self._begun.add(kind)

    def longest_attempt(self) -> float:
        """Return how many seconds an attempt may take that begins now."""
        return max(1.0, self._remaining() - RESERVE_SECONDS)
