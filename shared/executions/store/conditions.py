"""Updates of an execution, under the condition that it may be changed at all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.executions.models import OPEN_STATUSES, Execution, Status
from shared.executions.store.keys import execution_key
from shared.times import to_rfc3339

NO_NEWER_TURN = " AND (attribute_not_exists(fence) OR fence <= :fence)"


def while_open(execution: Execution, expression: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an update of an execution that is open and in the generation that the caller knows.

    One that sets the `fence` of its turn is refused if a newer one has set its own.
    """
    names = {"#status": "status", "#generation": "generation"}
    if "#error" in expression:
        names["#error"] = "error"
    return {
        "Key": execution_key(execution.tenant, execution.id),
        "UpdateExpression": expression,
        "ConditionExpression": (
            "#generation = :generation AND #status IN (:queued, :running_, :paused)"
            + (NO_NEWER_TURN if ":fence" in values else "")
        ),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {
            **values,
            ":generation": execution.generation,
            ":queued": Status.QUEUED,
            ":running_": Status.RUNNING,
            ":paused": Status.PAUSED,
        },
    }


def due_now(tenant: str, execution_id: str, at: datetime) -> dict[str, Any]:
    """Return the update that makes an execution due for a check at once, if it is open, not ending.

    It goes into one transaction with what the execution waits for, and with `count_wakeup`: if the
    caller dies after it, the reconciler wakes the execution.
    """
    statuses = {f":open{number}": status for number, status in enumerate(OPEN_STATUSES)}
    return {
        "Key": execution_key(tenant, execution_id),
        "UpdateExpression": "SET checkAt = :at, wakeAt = :at",
        "ConditionExpression": (
            f"#status IN ({', '.join(statuses)}) AND attribute_not_exists(closing)"
        ),
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {":at": to_rfc3339(at), **statuses},
    }
