"""The values an expression can see, and the ledger of one evaluation."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from shared.expressions.errors import TemplateError
from shared.expressions.limits import (
    CLOCK_EVERY_STEPS,
    MAX_COMPARED_BYTES,
    MAX_INTEGER_BITS,
    MAX_RESULT_BYTES,
    MAX_STEPS,
    MAX_VALUE_DEPTH,
    Budget,
)
from shared.expressions.values import SCALARS, TOO_LARGE, Json, is_map, measure, text

_TEXT_PER_STEP = 8
_JSON_PER_STEP = 4
"""Characters of a new text, and of a new list or map, that count as a step.

Both are built faster than that; the price bounds the memory that one expression can fill.
"""


@dataclass(frozen=True)
class Scope:
    """The roots an expression reads, and everything else that its value depends on.

    `roots` maps root names (`inputs`, `outputs`, …) to JSON values; a root may be any Mapping.
    `seed` names the attempt (execution, task, iteration, attempt): `uuid()` and `randomInt()` are
    functions of it, of the template's place and of the call's number there. `now` is aware.
    `credentials` finds a credential's value, or None; where it is None itself, credentials are
    not allowed and `${NAME}` stays text. Copies share the `budget`.
    """

    roots: Mapping[str, Json]
    seed: str
    now: datetime
    credentials: Callable[[str], Json | None] | None = None
    budget: Budget = field(default_factory=Budget, compare=False, repr=False)

    def with_locals(self, **names: Json) -> "Scope":
        """Add roots such as `item`; an `index` or `key` among them also changes the seed.

        So the items of one collection get different `uuid()`s, and each the same one again.
        """
        place = [f"/{name}={names[name]}" for name in ("index", "key") if name in names]
        seed = self.seed + "".join(place) if place else self.seed
        # `replace` takes three times as long, and collections do this for each of their items.
        return Scope({**self.roots, **names}, seed, self.now, self.credentials, self.budget)


class Run:
    """One evaluation: its scope and place, the steps it took and the time it has left."""

    __slots__ = (
        "_check_at",
        "_clock",
        "_deadline",
        "_draws",
        "_started",
        "_steps",
        "place",
        "scope",
    )

    def __init__(self, scope: Scope, place: str) -> None:
        self.scope = scope
        self.place = place
        self._clock = scope.budget.clock
        self._started = self._clock()
        self._deadline = self._started + scope.budget.seconds_for_one()
        self._steps = 0
        self._check_at = CLOCK_EVERY_STEPS
        self._draws = 0

    def charge(self, steps: int) -> None:
        """Count work that is done or about to be done; about 50 ns each."""
        self._steps += steps
        if self._steps >= self._check_at:
            self._check()

    def look(self, steps: int = 1) -> None:
        """Count steps and look at the clock: what a loop does for each of its items.

        It trusts no count of steps, and costs a fifth of a microsecond.
        """
        self._steps += steps
        if self._steps > MAX_STEPS or self._clock() > self._deadline:
            self._check()

    def _check(self) -> None:
        self._check_at = self._steps + CLOCK_EVERY_STEPS
        if self._steps > MAX_STEPS:
            raise TemplateError("the expression takes too many steps")
        if self._clock() > self._deadline:
            raise TemplateError("the expression takes longer than 1 s")

    def charge_for(self, value: Json) -> None:
        """Count a walk over a list, a map or a text."""
        self.charge(steps_of(value))

    def text(self, value: Json) -> str:
        """Write a value as text; a list or a map is counted as a whole, not by its items."""
        if type(value) is str:
            return value
        if type(value) is list or is_map(value):
            self.charge(1 + measure(value) // _JSON_PER_STEP)
        return text(value)

    def charge_compared(self, value: Json, *, depth: int = MAX_VALUE_DEPTH) -> int:
        """Count a value that is compared with another, whole; return its size as JSON."""
        if type(value) is str:
            size = len(value)
        elif type(value) is list or is_map(value):
            size = measure(value, MAX_COMPARED_BYTES, depth=depth)
        else:
            size = 1
        self.charge(1 + size // (_TEXT_PER_STEP if type(value) is str else _JSON_PER_STEP))
        return size

    def room(self, size: int) -> None:
        """Refuse to build a value that would have `size` characters as JSON, if that is too many.

        Free of charge, so it can be asked as a value grows; `bounded` counts what was built.
        """
        if size > MAX_RESULT_BYTES:
            raise TemplateError(TOO_LARGE)

    def bounded(self, value: Json) -> Json:
        """Check a value that an operator or a filter made: its size, depth and finiteness."""
        if type(value) is str:
            self.room(len(value))
            self.charge(1 + len(value) // _TEXT_PER_STEP)
        elif type(value) is list or type(value) is dict:
            self.charge(1 + measure(value) // _JSON_PER_STEP)
        else:
            finite(value)
        return value

    def draw(self) -> int:
        """Give the next 256 random bits, the same ones when the attempt is repeated."""
        self._draws += 1
        name = "\0".join((self.scope.seed, self.place, str(self._draws)))
        return int.from_bytes(sha256(name.encode("utf-8", "replace")).digest(), "big")

    def finish(self, size: int) -> None:
        """Book the evaluation, which yielded `size` bytes, on the scope's budget."""
        self.scope.budget.spend(self.scope.budget.clock() - self._started, size)


def steps_of(value: Json) -> int:
    """Return the steps of a walk over a list, a map or a text; a scalar is one."""
    of = type(value)
    if of is str:
        return 1 + len(value) // _TEXT_PER_STEP
    if of in SCALARS:
        return 1
    return 1 + len(value) if of is list or is_map(value) else 1


def finite(number: Json) -> Json:
    """Refuse what JSON or the rest of the world cannot hold; pass anything else through."""
    if type(number) is float and not math.isfinite(number):
        raise TemplateError("the result is not a finite number")
    if type(number) is complex:
        raise TemplateError("the result is not a real number")
    if type(number) is int and number.bit_length() > MAX_INTEGER_BITS:
        raise TemplateError("the number has more than 308 digits")
    return number
