"""A clock that a test sets."""

from datetime import datetime


class SetClock:
    """A clock that stands until a test moves it; nobody waits by it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at
