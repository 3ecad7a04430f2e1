"""Inputs too large for an execution's row: objects in S3, there before the row that names them."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.executions.models import Execution
from shared.executions.store.payloads import PayloadStore
from shared.executions.task_runs import Stored
from shared.json_text import compact

INPUT_ROW_BYTES = 200_000
"""The size of all inputs of an execution up to which they stay in its row."""


def with_stored_inputs(payloads: PayloadStore, execution: Execution) -> Execution:
    """Return an execution as its row can hold it: large inputs are stored, and pointed to.

    They are two objects: what clients may see, masked, which has an address; and what holds a
    secret, which has none. SECRET inputs stay in the row: every turn masks with them.
    """
    if execution.stored_inputs or not _are_large(execution):
        return execution
    stored = payloads.put_for(execution, compact(execution.inputs))
    hidden = execution.hidden_inputs
    stored_hidden = payloads.put_for(execution, compact(hidden)) if hidden else None
    return execution.model_copy(
        update={
            "stored_inputs": stored,
            "stored_hidden_inputs": stored_hidden,
            "inputs": None,
            "hidden_inputs": {},
        }
    )


def _are_large(execution: Execution) -> bool:
    return len(compact(execution.real_inputs).encode()) > INPUT_ROW_BYTES


def expire_inputs(payloads: PayloadStore, execution: Execution, now: datetime) -> None:
    """Let S3 remove stored inputs when the retention of an execution that ends now is over."""
    stored = (execution.stored_inputs, execution.stored_hidden_inputs)
    payloads.expire_all(execution, stored, now=now)


def with_inputs_url(payloads: PayloadStore, execution: Execution) -> Execution:
    """Return an execution as it is shown: inputs outside of its row have an address."""
    if execution.stored_inputs is None:
        return execution
    url = payloads.url(execution.stored_inputs)
    return execution.model_copy(update={"inputs_url": url})


def inputs_of(execution: Execution, read: Callable[[Stored], Any]) -> Mapping[str, Any]:
    """Return the inputs with their secrets; `read` gives an object's JSON, when one is needed."""
    return StoredInputs(execution, read) if execution.stored_inputs else execution.real_inputs


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
        return {**shown, **execution.secrets, **hidden}

    def __getitem__(self, name: str) -> Any:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
