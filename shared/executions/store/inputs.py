"""Inputs too large for an execution's row: objects in S3, there before the row that names them."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.errors import ExecutionNotRetryableError
from shared.executions.models import Execution, SealedInputs
from shared.executions.store.payloads import PayloadStore
from shared.executions.store.sealed_inputs import with_sealed_inputs
from shared.executions.task_runs import Stored
from shared.json_text import compact
from shared.secrets.deferred import Seals

INPUT_ROW_BYTES = 200_000
"""The size of all inputs of an execution, sealed ones as they are stored, that its row takes."""


def with_stored_inputs(payloads: PayloadStore, sealer: Seals, execution: Execution) -> Execution:
    """Return an execution as its row can hold it: secrets sealed, large inputs pointed to.

    They are two objects: what clients may see, masked, which has an address; and what holds a
    secret, sealed, if that is large by itself: every turn opens it. UnavailableError, before
    anything is stored; ExecutionNotRetryableError when an object of the retried one is gone.
    """
    if execution.stored_inputs:
        return execution
    execution = with_sealed_inputs(sealer, execution)
    shown, secret = compact(execution.inputs), sum(each.size for each in execution.sealed)
    execution = execution.model_copy(update={"sealed": _placed(payloads, execution, secret)})
    if len(shown.encode()) + secret <= INPUT_ROW_BYTES:
        return execution
    stored = payloads.put_for(execution, shown)
    return execution.model_copy(update={"stored_inputs": stored, "inputs": None})


def _placed(payloads: PayloadStore, execution: Execution, size: int) -> tuple[SealedInputs, ...]:
    """Return sealed values where they are to be: in the row, or in objects of this execution."""

    def place(sealed: SealedInputs) -> SealedInputs:
        if sealed.stored:
            return sealed.model_copy(update={"stored": _copied(payloads, execution, sealed.stored)})
        if size <= INPUT_ROW_BYTES or sealed.value is None:
            return sealed
        stored = payloads.put_sealed(execution, sealed.value)
        return sealed.model_copy(update={"stored": stored, "value": None})

    return tuple(map(place, execution.sealed))


def _copied(payloads: PayloadStore, execution: Execution, stored: Stored) -> Stored:
    try:
        return payloads.copy_to(execution, stored)
    except ExecutionNotRetryableError as error:
        raise inputs_gone() from error


def inputs_gone() -> ExecutionNotRetryableError:
    """Return the refusal of a retry whose inputs somebody removed."""
    return ExecutionNotRetryableError("its inputs are gone: start it anew")


def expire_inputs(payloads: PayloadStore, execution: Execution, now: datetime) -> None:
    """Let S3 remove stored inputs when the retention of an execution that ends now is over."""
    stored = (execution.stored_inputs, execution.stored_hidden_inputs)
    sealed = (each.stored for each in execution.sealed)
    payloads.expire_all(execution, (*stored, *sealed), now=now)


def with_inputs_url(payloads: PayloadStore, execution: Execution) -> Execution:
    """Return an execution as it is shown: inputs outside of its row have an address."""
    if execution.stored_inputs is None:
        return execution
    url = payloads.url(execution.stored_inputs)
    return execution.model_copy(update={"inputs_url": url})


def inputs_of(execution: Execution, read: Callable[[Stored], Any]) -> Mapping[str, Any]:
    """Return the inputs with their secrets; `read` gives an object's JSON, when one is needed.

    ValueError where they are sealed, and have not been opened.
    """
    execution.check_opened()
    return StoredInputs(execution, read) if execution.stored_inputs else execution.real_inputs


def read_shown_inputs(execution: Execution, payloads: PayloadStore) -> dict[str, Any]:
    """Read the inputs as clients see them, wherever they are."""
    if execution.stored_inputs:
        shown: dict[str, Any] = json.loads(payloads.get(execution.stored_inputs))
        return shown
    return dict(execution.inputs or {})


def read_inputs(execution: Execution, payloads: PayloadStore) -> dict[str, Any]:
    """Read all inputs with their secrets, wherever they are."""
    return dict(inputs_of(execution, lambda stored: json.loads(payloads.get(stored))))


class StoredInputs(Mapping[str, Any]):
    """The root `inputs`: all are fetched when a template reads the first."""

    def __init__(self, execution: Execution, read: Callable[[Stored], Any]) -> None:
        self._execution = execution
        self._read = read

    def _all(self) -> dict[str, Any]:
        # The reader keeps what it has parsed: nothing is fetched twice in a turn.
        execution = self._execution
        objects = (execution.stored_inputs, execution.stored_hidden_inputs)
        shown, hidden = (self._read(stored) if stored else {} for stored in objects)
        return {**shown, **execution.secrets, **execution.hidden_inputs, **hidden}

    def __getitem__(self, name: str) -> Any:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
