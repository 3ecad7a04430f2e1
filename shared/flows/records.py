"""The record of a flow, made from its text, its envelope and the record before; pure."""

import json
import math
from datetime import timedelta
from typing import Any

from shared.errors import InvalidFlowError, Problem
from shared.flows.compilation import Compiled
from shared.flows.models import Envelope, FlowRecord
from shared.names import SYSTEM

MAX_RECORD_BYTES = 300_000
"""The size of labels, description and inputs together; an item of DynamoDB holds 400 KB."""
MAX_LABEL_BYTES = 16_000
"""The size of labels, which are copied to every execution."""

_REST_OF_AN_ANSWER = 1_000


def fields_of_text(text: str, compiled: Compiled, envelope: Envelope) -> dict[str, Any]:
    """Give what a record takes from a text, with the envelope laid over it."""
    definition = compiled.definition
    written = Envelope(
        name=definition.name,
        namespace=definition.namespace,
        description=definition.description,
        labels=definition.labels,
        disabled=definition.disabled,
    )
    return {
        **_fields_of_envelope(envelope, written, text),
        "tasks_total": compiled.tasks_total,
        "idempotency": definition.idempotency,
        "retention_seconds": _seconds(definition.retention),
        "inputs": definition.inputs,
        "concurrency": definition.concurrency,
        "credentials": compiled.credentials,
        "has_plan": compiled.plan is not None,
    }


def with_envelope(record: FlowRecord, envelope: Envelope, text: str) -> FlowRecord:
    """Lay a newer envelope over a record whose text stays as it is."""
    shown = Envelope.model_validate(record.model_dump(include=set(Envelope.model_fields)))
    return record.model_copy(update=_fields_of_envelope(envelope, shown, text))


def check_size(record: FlowRecord) -> FlowRecord:
    """Refuse, as InvalidFlowError, a record that its item could not hold."""
    if len(json.dumps(record.labels, ensure_ascii=False).encode()) > MAX_LABEL_BYTES:
        raise InvalidFlowError(f"the labels take more than {MAX_LABEL_BYTES} bytes")
    if len(record.model_dump_json().encode()) > MAX_RECORD_BYTES:
        raise InvalidFlowError("labels, description and inputs together are too large")
    return record


def _seconds(retention: timedelta | None) -> int | None:
    return None if retention is None else math.ceil(retention.total_seconds())


def _fields_of_envelope(envelope: Envelope, under: Envelope, text: str) -> dict[str, Any]:
    shown = envelope.over(under)
    if shown.namespace == SYSTEM:
        problem = Problem(path="namespace", message=f'"{SYSTEM}" is the platform\'s own')
        raise InvalidFlowError("the flow cannot be saved there", problems=[problem])
    fields = {name: getattr(shown, name) for name in Envelope.model_fields}
    return {**fields, "envelope": envelope, "shown_bytes": cost_of(text, shown)}


def cost_of(text: str, shown: Envelope | FlowRecord) -> int:
    """Count a flow's bytes in an answer: a string in JSON, in the JSON that Lambda hands on."""
    body = json.dumps([text, shown.description, shown.labels], ensure_ascii=False)
    return len(json.dumps(body, ensure_ascii=False).encode()) + _REST_OF_AN_ANSWER
