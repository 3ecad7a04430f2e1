"""The rounds of an open `flow.loop`: how many, and the pause after each."""

from dataclasses import dataclass
from datetime import timedelta

from shared.executions.scheduling.retries import MAX_DELAY, policy_delay
from shared.executions.task_runs import EXHAUSTED, Failure
from shared.flows.language.definition import RetryPolicy


@dataclass
class Rounds:
    """The rounds of an open loop: `index` is the present one, from 0.

    It has begun, or waits until the moment in the loop's record. `pace` gives the pause after each,
    `limit` is how many there are at most; `fails_exhausted` if the loop fails after those.
    """

    pace: RetryPolicy
    limit: int
    fails_exhausted: bool
    index: int = 0
    has_begun: bool = False
    is_exhausted: bool = False

    def pause(self, seed: str) -> timedelta:
        """Return the pause after the present round; the same whenever it is asked for."""
        delay = min(policy_delay(self.pace, self.index + 1, seed), MAX_DELAY)
        return delay - delay % timedelta(milliseconds=1)  # as exact as a record

    @property
    def failure(self) -> Failure | None:
        """The failure of a loop that has had all its rounds."""
        if not (self.is_exhausted and self.fails_exhausted):
            return None
        return Failure(code=EXHAUSTED, message=f"until did not hold in any of {self.limit} rounds")
