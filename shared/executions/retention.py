"""How long what is left of an ended execution is kept; pure."""

from datetime import datetime, timedelta

from shared.executions.models import Execution

GRACE = timedelta(days=1)
"""Task runs go a day after their execution, so that none goes while a last turn is repeated."""

DAY_CLASSES = (1, 2, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650)
"""S3 removes objects some whole days after they were written: there is a rule for each of these."""


def expires_at(execution: Execution, now: datetime) -> datetime | None:
    """When an execution that ends now is no more; None: never."""
    if execution.retention_seconds is None:
        return None
    return now + timedelta(seconds=execution.retention_seconds)


def day_class(execution: Execution, now: datetime) -> int | None:
    """The rule for objects of an execution that ends now: never too early, rounded up.

    None where the longest rule would be too short, or nothing is ever removed.
    """
    end = expires_at(execution, now)
    if end is None:
        return None
    age = end - execution.created_at
    return next((days for days in DAY_CLASSES if timedelta(days=days) >= age), None)
