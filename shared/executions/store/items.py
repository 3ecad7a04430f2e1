"""Executions and task runs to DynamoDB items and back; JSON travels as text, so floats survive."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.executions.models import Execution, SealedInputs, Status
from shared.executions.retention import expires_at
from shared.executions.store.keys import execution_key, open_shard, run_key
from shared.executions.task_runs import (
    Failure,
    LogLine,
    PassedRounds,
    Stored,
    TaskRun,
    TaskStatus,
)
from shared.json_text import compact
from shared.masking import MASK
from shared.times import from_rfc3339, to_rfc3339

# What is empty is left out: an item's kilobytes are its price.
_AS_THEY_ARE = (
    *("currentTask", "correlationId", "requestId", "retryOf"),
    *("closing", "parent", "storedOutputs", "storedInputs", "storedHiddenInputs"),
    "namespaceVariables",
)
_NUMBERS = (
    *("flowRevision", "tasksTotal", "tasksExecuted", "attempt", "generation"),
    *("depth", "stalls", "recordsSeen", "turnsBefore"),
)


_TIMES = ("createdAt", "startedAt", "finishedAt", "checkAt", "dueAt", "wakeAt")
BUT_OUTPUTS = (
    *("pk", "sk", "turn", *_AS_THEY_ARE, *_NUMBERS, *_TIMES),
    *("id", "flowId", "flowName", "namespace", "status", "isParked", "inputs", "labels", "trigger"),
    *("secrets", "hiddenInputs", "inheritedSecrets", "sealedInputs", "uncheckedInputs"),
    *("retentionSeconds", "expiresAt"),
    *("mocks", "slot", "error", "test", "createdBy"),
    *("type", "fence", "blocked", "stored", "beganAt", "iterations", "logs", "passed"),
)
"""The attributes that are read of these items: all but outputs, which are up to 300 KB each."""
IN_SUMMARIES = tuple(
    name
    for name in BUT_OUTPUTS
    if name
    not in {"inputs", "secrets", "hiddenInputs", "inheritedSecrets", "sealedInputs", "mocks"}
)
"""The attributes that summaries are read from: `inputs` are wrong then, and not shown."""


def is_over(item: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether an item has expired: DynamoDB may remove it days later."""
    return "expiresAt" in item and int(item["expiresAt"]) <= now.timestamp()


def execution_to_item(execution: Execution) -> dict[str, Any]:
    """Return an open execution as it is first stored, with every index key.

    ValueError for one whose secrets are not sealed: none is stored in clear.
    """
    if execution.secrets or execution.hidden_inputs or execution.inherited_secrets:
        raise ValueError("the secrets of the inputs are not sealed")
    item: dict[str, Any] = {
        **execution_key(execution.tenant, execution.id),
        **execution.model_dump(
            mode="json",
            by_alias=True,
            exclude={
                *("inputs", "inputs_url", "outputs", "outputs_url", "duration_ms"),
                *("trigger", "trigger_type", "test"),
            },
            exclude_none=True,
        ),
        "generation": execution.generation,
        "recentOf": execution.tenant,
        "flowOf": f"{execution.tenant}#{execution.flow_id}",
        "openShard": open_shard(execution.id),
    }
    if not execution.labels:
        del item["labels"]
    return item | {name: value for name, value in _optional(execution).items() if value}


def _optional(execution: Execution) -> dict[str, Any]:
    """Return the attributes most executions lack; empty values are left out of the item."""
    correlation, trigger = execution.correlation_id, execution.trigger
    origin = execution.origin_id
    stored, shown = execution.stored_inputs, execution.inputs
    return {
        "checkAt": execution.check_at and to_rfc3339(execution.check_at),
        "inputs": shown and compact(shown),
        "storedInputs": stored and stored.model_dump(),
        "sealedInputs": [_sealed_item(each) for each in execution.sealed],
        "uncheckedInputs": execution.has_unchecked_inputs,
        "correlationOf": correlation and f"{execution.tenant}#{correlation}",
        "originOf": origin and f"{execution.tenant}#{origin}",
        "trigger": trigger.type != "manual"
        and trigger.model_dump(by_alias=True, exclude_none=True),
        "test": execution.test,
        "mocks": execution.mocks and compact(execution.mocks),
        "slot": execution.slot and execution.slot.model_dump(by_alias=True),
        "depth": execution.depth,
        "retentionSeconds": execution.retention_seconds,
        "namespaceVariables": execution.namespace_variables,
        "expiresAt": _expiry(execution),
        "requestId": execution.request_id,
    }


def _sealed_item(sealed: SealedInputs) -> dict[str, Any]:
    place = {"stored": sealed.stored.model_dump()} if sealed.stored else {"value": sealed.value}
    return {"ownerId": sealed.owner_id, **place}


def _sealed(item: Mapping[str, Any]) -> SealedInputs:
    return SealedInputs(
        owner_id=item["ownerId"],
        value=bytes(item["value"]) if "value" in item else None,
        stored=Stored(**item["stored"]) if "stored" in item else None,
    )


def _expiry(execution: Execution) -> int | None:
    """Return when an execution that is created ended expires (epoch seconds); None: open."""
    expiry = execution.finished_at and expires_at(execution, execution.finished_at)
    return int(expiry.timestamp()) if expiry else None


def execution_from_item(item: Mapping[str, Any]) -> Execution:
    trigger = item.get("trigger", {})
    # Before they were sealed, secrets stood in attributes of their own, and masked nowhere.
    secrets, hidden = (json.loads(item.get(name, "{}")) for name in ("secrets", "hiddenInputs"))
    shown = {**json.loads(item.get("inputs", "{}")), **dict.fromkeys([*secrets, *hidden], MASK)}
    fields = {name: item[name] for name in _AS_THEY_ARE if name in item}
    numbers = {name: int(item[name]) for name in _NUMBERS if name in item}
    times = {name: from_rfc3339(item[name]) for name in _TIMES if name in item}
    return Execution.model_validate(
        {
            **fields,
            **numbers,
            **times,
            "tenant": item["pk"].rpartition("#")[0],
            "id": item["id"],
            "flowId": item["flowId"],
            "flowName": item["flowName"],
            "namespace": item["namespace"],
            "status": Status(item["status"]),
            "isParked": item.get("isParked", False),
            "inputs": None if "storedInputs" in item else shown,
            "secrets": secrets,
            "hiddenInputs": hidden,
            "retentionSeconds": item.get("retentionSeconds"),
            "expiresAt": item.get("expiresAt"),
            "mocks": json.loads(item.get("mocks", "{}")),
            "inheritedSecrets": item.get("inheritedSecrets", ()),
            "sealed": tuple(_sealed(each) for each in item.get("sealedInputs", ())),
            "hasUncheckedInputs": item.get("uncheckedInputs", False),
            "slot": item.get("slot"),
            "outputs": json.loads(item["outputs"]) if "outputs" in item else None,
            "labels": item.get("labels", {}),
            "trigger": trigger,
            "triggerType": trigger.get("type", "manual"),
            "error": _failure(item.get("error")),
            "test": item.get("test", False),
            "createdBy": item["createdBy"],
        }
    )


def run_to_item(execution: Execution, run: TaskRun) -> dict[str, Any]:
    item: dict[str, Any] = {
        **run_key(execution, run),
        "type": run.task_type,
        "status": run.status.value,
        "attempt": run.attempt,
        "fence": run.fence,
        "settled": run.status.is_terminal,
    }
    if run.outputs is not None:
        item["outputs"] = run.outputs
    if run.stored:
        item["stored"] = run.stored.model_dump()
    if run.error:
        item["error"] = run.error.model_dump(mode="json", by_alias=True, exclude_none=True)
    times = {
        "startedAt": run.started_at,
        "finishedAt": run.finished_at,
        "dueAt": run.due_at,
        "beganAt": run.began_at,
    }
    item |= {name: to_rfc3339(time) for name, time in times.items() if time}
    if run.blocked:
        item["blocked"] = True
    if run.passed:
        item["passed"] = run.passed.model_dump(by_alias=True)
    if run.iterations is not None:
        item["iterations"] = run.iterations
    if run.logs:
        item["logs"] = [
            {
                "t": to_rfc3339(line.timestamp),
                "l": line.level,
                "m": line.message,
                **({"a": line.attempt} if line.attempt > 1 else {}),
            }
            for line in run.logs
        ]
    return item


def run_from_item(item: Mapping[str, Any]) -> TaskRun:
    _, _, place = item["sk"].partition("#")
    round_of, _, row = place.rpartition("/")
    name, _, iteration = row.partition("#")
    name, _, rounds = name.partition("@")
    return TaskRun(
        task_name=name,
        rounds=rounds,
        iteration=iteration or None,
        round_of=round_of,
        passed=_passed(item.get("passed")),
        task_type=item["type"],
        status=TaskStatus(item["status"]),
        attempt=int(item["attempt"]),
        fence=int(item["fence"]),
        blocked=item.get("blocked", False),
        outputs=item.get("outputs"),
        iterations=int(item["iterations"]) if "iterations" in item else None,
        stored=Stored(**item["stored"]) if "stored" in item else None,
        error=_failure(item.get("error")),
        started_at=from_rfc3339(item["startedAt"]) if "startedAt" in item else None,
        finished_at=from_rfc3339(item["finishedAt"]) if "finishedAt" in item else None,
        due_at=from_rfc3339(item["dueAt"]) if "dueAt" in item else None,
        began_at=from_rfc3339(item["beganAt"]) if "beganAt" in item else None,
        logs=tuple(
            LogLine(
                timestamp=from_rfc3339(line["t"]),
                level=line["l"],
                message=line["m"],
                attempt=int(line.get("a", 1)),
            )
            for line in item.get("logs", ())
        ),
    )


def _passed(stored: Mapping[str, Any] | None) -> PassedRounds | None:
    if stored is None:
        return None
    return PassedRounds.model_validate({name: int(value) for name, value in stored.items()})


def _failure(stored: Mapping[str, Any] | None) -> Failure | None:
    if stored is None:
        return None
    cause = {"cause": _with_whole_code(stored["cause"])} if "cause" in stored else {}
    return Failure.model_validate({**_with_whole_code(stored), **cause})


def _with_whole_code(stored: Mapping[str, Any]) -> dict[str, Any]:
    code = {"statusCode": int(stored["statusCode"])} if "statusCode" in stored else {}
    return {**stored, **code}
