"""The retention of ended executions, in seconds; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.durations import parse_duration
from shared.executions.models import Execution

GRACE = timedelta(days=1)
"""The time that task runs outlive their execution: none goes while a last turn is repeated."""

DAY_CLASSES = (1, 2, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650)
"""The days after which S3 may remove an object: there is a rule for each of these."""


EVERY_OTHER = "*"


@dataclass(frozen=True)
class Retentions:
    """The seconds that executions are kept, by namespace, where their flow says nothing."""

    by_namespace: Mapping[str, int]

    @classmethod
    def parse(cls, text: str) -> "Retentions":
        """Read `billing=365d,*=90d`; raises ValueError for what is no duration."""
        pairs = (rule.partition("=") for rule in text.split(",") if rule)
        return cls(
            {name.strip(): int(parse_duration(said).total_seconds()) for name, _, said in pairs}
        )

    def applied(self, execution: Execution) -> Execution:
        """Return the execution, with its namespace's retention if it has none of its own."""
        if execution.retention_seconds is not None or not self.by_namespace:
            return execution
        otherwise = self.by_namespace.get(EVERY_OTHER)
        seconds = self.by_namespace.get(execution.namespace, otherwise)
        return execution.model_copy(update={"retention_seconds": seconds})


def expires_at(execution: Execution, now: datetime) -> datetime | None:
    """Return when an execution that ends at `now` expires; None: never."""
    if execution.retention_seconds is None:
        return None
    return now + timedelta(seconds=execution.retention_seconds)


def day_class(execution: Execution, now: datetime) -> int | None:
    """Return the days of the rule for objects of an execution that ends now, rounded up.

    None where the longest rule would be too short, or nothing is ever removed.
    """
    end = expires_at(execution, now)
    if end is None:
        return None
    age = end - execution.created_at
    return next((days for days in DAY_CLASSES if timedelta(days=days) >= age), None)
