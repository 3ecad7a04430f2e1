"""What must hold once everything has ended; and a way to let time pass for what waits."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from shared.times import from_rfc3339, to_rfc3339
from tests.support.calls import Crash
from tests.support.events import sqs_event
from tests.support.stack import MotoStack

MESSAGE = {"MessageId": "1", "ReceiptHandle": "r"}


def table(stack: MotoStack, variable: str = "EXECUTIONS_TABLE_NAME") -> Any:
    return boto3.resource("dynamodb").Table(stack.environment[variable])


def check_nothing_left(stack: MotoStack) -> None:
    """No execution is looked after any more, no slot taken or waited for, no question open."""
    for row in table(stack).scan()["Items"]:
        assert row["sk"] != "execution" or "openShard" not in row, row
        assert not row["sk"].startswith("waiting#"), row
        assert row["sk"] != "count" or row["taken"] == 0, row
    for approval in table(stack, "APPROVALS_TABLE_NAME").scan()["Items"]:
        assert approval["status"] != "PENDING", approval


def check_settled_once(stack: MotoStack, execution_id: str) -> None:
    """No result that is recorded is offered again by a later turn: it was read."""
    settled = Counter(
        (call.parameters["Item"]["pk"], call.parameters["Item"]["sk"])
        for call in stack.calls.all()
        if call.function == "runner"
        and call.operation == "DynamoDB.PutItem"
        and call.parameters["Item"].get("settled")
    )
    assert {pk for pk, _ in settled} >= {f"default#{execution_id}"}
    assert max(settled.values()) == 1


def age(stack: MotoStack, approval: Any, **time: float) -> None:
    """Make an open approval older: what is due later by the clock is due now, and looked for."""
    past, key = timedelta(**time), {"pk": f"default#{approval['id']}"}
    moments = {
        name: to_rfc3339(from_rfc3339(approval[name]) - past)
        for name in ("requestedAt", "expiresAt")
    }
    table(stack, "APPROVALS_TABLE_NAME").update_item(
        Key=key,
        UpdateExpression="SET requestedAt = :requestedAt, expiresAt = :expiresAt",
        ExpressionAttributeValues={f":{name}": moment for name, moment in moments.items()},
    )
    table(stack).update_item(
        Key={"pk": f"default#{approval['executionId']}", "sk": "execution"},
        UpdateExpression="SET wakeAt = :now, checkAt = :now",
        ConditionExpression="attribute_exists(openShard)",
        ExpressionAttributeValues={":now": to_rfc3339(datetime.now(UTC) - timedelta(seconds=1))},
    )


def ring(stack: MotoStack, execution_id: str) -> None:
    """Hand over the message that wakes an execution, again if the function dies of it."""
    body = f'{{"tenant": "default", "executionId": "{execution_id}"}}'
    until_it_lives(lambda: stack.invoke("timers", sqs_event([MESSAGE | {"Body": body}])))


def reconcile(stack: MotoStack, _execution_id: str = "") -> None:
    """Look at everything open, as each minute at what is due."""
    until_it_lives(lambda: stack.invoke("reconcile", {"all": True}))


def until_it_lives(call: Callable[[], Any]) -> Any:
    """Call a function that may die once, and again then, as its source would."""
    try:
        return call()
    except Crash:
        return call()
