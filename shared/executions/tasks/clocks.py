"""The clocks of a turn."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Clocks:
    """Wall time for records, monotonic seconds for deadlines, and a sleep of a second at most."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
