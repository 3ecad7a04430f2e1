"""Limits of a flow: who waits for a slot, and who is next."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from shared.errors import ExpressionTooSlowError, InvalidInputsError, Problem
from shared.executions.models import FIRST_CHECK_AFTER, Execution, Slot
from shared.executions.orchestration.state_machine import StateMachine, state_machine
from shared.executions.secrets import masking_of
from shared.executions.store.slots import Admission, First, SlotRepository, slot_repository
from shared.flows.language.definition import Concurrency
from shared.flows.plans.plan import Plan
from shared.json_text import Json, identity
from shared.times import utc_now


class SealedInputError(Exception):
    """The mark of a key that reads what is sealed here."""


class KnownInputs(Mapping[str, Any]):
    """Inputs of which some are sealed: `has_been_asked` tells whether anybody read one of those."""

    def __init__(self, inputs: Mapping[str, Any], sealed: Collection[str] = ()) -> None:
        self._inputs = inputs
        self._sealed = frozenset(sealed)
        self.has_been_asked = False

    def __getitem__(self, name: str) -> Any:
        if name in self._sealed:
            self.has_been_asked = True
        return self._inputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._inputs)

    def __len__(self) -> int:
        return len(self._inputs)


def concurrency_slot(
    execution: Execution,
    concurrency: Concurrency | None,
    plan: Callable[[], Plan],
    variables: Mapping[str, Json] = MappingProxyType({}),
    inputs: KnownInputs | None = None,
) -> Slot | None:
    """Return the slot an execution needs; InvalidInputsError when its key cannot be evaluated.

    `variables` are the namespace's. SealedInputError when the key reads one of `inputs` that is
    not known here.
    """
    if concurrency is None:
        return None
    line = f"{execution.tenant}#slots#{execution.flow_id}"
    if concurrency.key is not None:
        line += f"#{_key(execution, concurrency.key, plan(), variables, inputs)}"
    return slot_in(line, concurrency)


def slot_in(line: str, concurrency: Concurrency) -> Slot:
    """Return a slot of a line."""
    return Slot(line=line, limit=concurrency.limit, behavior=concurrency.behavior)


def _key(
    execution: Execution,
    source: str,
    plan: Plan,
    variables: Mapping[str, Json],
    inputs: KnownInputs | None,
) -> str:
    """Return a digest of the key's value: that may be long, or hold a secret.

    It has no salt: whoever starts an execution must find the group of those that started before,
    under other releases too (ADR 20). So it hides a value, but not one that is easily guessed.
    Equal values are one key; those without maps and whole floats have the digest of earlier
    releases, maps too whose fields are in order.
    """
    # Most flows have no key, and most starts need no expressions.
    from shared.executions.tasks.scopes import ScopeBuilder  # noqa: PLC0415 - see above
    from shared.expressions import (  # noqa: PLC0415
        TakesTooLongError,
        TemplateError,
        parse_expression,
    )

    scopes = ScopeBuilder(execution, plan, lambda _run: {}, inputs, variables=variables)
    scope = scopes.for_flow(now=execution.created_at)
    try:
        value = parse_expression(source).evaluate(scope)
    except TemplateError as error:
        _check_known(inputs)
        masking = masking_of(execution)
        message = masking.text(error.message.shown(masking))
        problem = Problem(path="concurrency.key", message=message)
        is_slow = isinstance(error, TakesTooLongError)
        refused = ExpressionTooSlowError if is_slow else InvalidInputsError
        raise refused(f"concurrency.key: {message}", problems=[problem]) from None
    digest = hashlib.sha256(identity(value).encode()).hexdigest()[:32]
    _check_known(inputs)
    return digest


def _check_known(inputs: KnownInputs | None) -> None:
    """Refuse what came of reading a mask: it is neither the key nor why there is none."""
    if inputs is not None and inputs.has_been_asked:
        raise SealedInputError


@dataclass(frozen=True)
class Promoter:
    slots: SlotRepository
    engine: StateMachine
    now: Callable[[], datetime]

    def promote(self, line: str) -> int:
        """Admit and start as many as there are free slots; return how many.

        Called by everyone who enters the concurrency group, after entering it, and by everyone who
        frees a slot, after freeing it: whichever of the two reads last sees both. If somebody is
        left waiting, the reconciler checks the group: who frees the next slot may die before this.
        """
        promoted = 0
        while True:
            first = self.slots.first(line)
            if first is None:
                return promoted
            admission = self._admit(line, first)
            if admission is Admission.FULL:
                if not first.is_watched:
                    self.slots.watch(line, at=self.now() + FIRST_CHECK_AFTER)
                return promoted
            if admission is Admission.ADMITTED:
                promoted += 1
                # What waits is in its first generation: only what was admitted can be resumed.
                tenant = line.partition("#")[0]
                self.engine.start_run(tenant, first.execution_id, generation=1)

    def is_watched(self, line: str) -> bool:
        """Tell whether somebody waits in a concurrency group and the reconciler checks it."""
        first = self.slots.first(line)
        return first is not None and first.is_watched

    def watch(self, line: str) -> int:
        """Promote, check again in a minute if anybody still waits; return the number promoted."""
        promoted = self.promote(line)
        if self.slots.first(line):
            self.slots.watch(line, at=self.now() + FIRST_CHECK_AFTER)
            return promoted
        self.slots.unwatch(line)
        # An execution that entered since has seen a checked group, and relied on it.
        return promoted + self.promote(line)

    def _admit(self, line: str, first: First) -> Admission:
        if first.taken >= first.limit:
            return Admission.FULL
        return self.slots.admit(line, first, check_at=self.now() + FIRST_CHECK_AFTER)


@cache
def promoter(machine_arn: str | None = None) -> Promoter:
    return Promoter(slot_repository(), state_machine(machine_arn), utc_now)
