"""The condition under which an execution may be changed at all."""

from collections.abc import Mapping
from typing import Any

from shared.executions.models import Execution, Status
from shared.executions.store.items import execution_key

NO_NEWER_TURN = " AND (attribute_not_exists(fence) OR fence <= :fence)"


def while_open(execution: Execution, expression: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """An update of an execution that is open and in the generation that the caller knows.

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
