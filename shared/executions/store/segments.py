"""The row of a segment: who may write its task runs, and the token of a suspended run."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.executions.store.keys import segment_key
from shared.executions.store.snapshots import FENCE_STEP, TurnFence
from shared.times import from_rfc3339, to_rfc3339

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class SegmentRepository:
    """The repository of segment rows: each change is one conditional update, so none is lost."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def enter_segment(
        self, tenant: str, execution_id: str, *, generation: int, path: str
    ) -> TurnFence | None:
        """Take a segment over; None for a generation that is past.

        Whoever held the segment before loses it at once: its fence is older from now on. Its token
        is handed over, if it is of a generation before: the run that waits for it is to end.
        """
        try:
            answer = self._table.update_item(
                Key=segment_key(tenant, execution_id, path),
                UpdateExpression="SET #generation = :generation ADD turn :one REMOVE #token",
                ConditionExpression=(
                    "attribute_not_exists(#generation) OR #generation <= :generation"
                ),
                ExpressionAttributeNames={"#generation": "generation", "#token": "token"},
                ExpressionAttributeValues={":generation": generation, ":one": 1},
                ReturnValues="ALL_OLD",
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return None
        row = answer.get("Attributes", {})
        fence = generation * FENCE_STEP + int(str(row.get("turn", 0))) + 1
        is_past = int(str(row.get("generation", generation))) < generation
        return TurnFence(
            fence=fence,
            wakes=int(str(row.get("wakes", 0))),
            superseded_token=str(row["token"]) if is_past and "token" in row else None,
            unread_since=from_rfc3339(str(row["unreadSince"])) if "unreadSince" in row else None,
        )

    def note_unread(self, tenant: str, execution_id: str, path: str, *, since: datetime) -> None:
        """Remember since when the credentials of a segment cannot be read."""
        self._table.update_item(
            Key=segment_key(tenant, execution_id, path),
            UpdateExpression="SET unreadSince = :since",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":since": to_rfc3339(since)},
        )

    def forget_unread(self, tenant: str, execution_id: str, path: str) -> None:
        """Forget that credentials could not be read: they are."""
        self._table.update_item(
            Key=segment_key(tenant, execution_id, path),
            UpdateExpression="REMOVE unreadSince",
            ConditionExpression="attribute_exists(pk)",
        )

    def register_token(
        self, tenant: str, execution_id: str, *, entry: TurnFence, path: str, token: str
    ) -> bool:
        """Store the token of a suspended segment; False when something happened since its turn."""
        try:
            self._table.update_item(
                Key=segment_key(tenant, execution_id, path),
                UpdateExpression="SET #token = :token",
                ConditionExpression="#generation = :generation AND turn = :turn AND #wakes = :wakes"
                if entry.wakes
                else "#generation = :generation AND turn = :turn AND attribute_not_exists(#wakes)",
                ExpressionAttributeNames={
                    "#generation": "generation",
                    "#token": "token",
                    "#wakes": "wakes",
                },
                ExpressionAttributeValues={
                    ":token": token,
                    ":generation": entry.fence // FENCE_STEP,
                    ":turn": entry.fence % FENCE_STEP,
                    **({":wakes": entry.wakes} if entry.wakes else {}),
                },
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def wake_segment(self, tenant: str, execution_id: str, path: str) -> str | None:
        """Count a wake-up, and return the token to send if the segment is suspended.

        Counting comes first: a token that is registered later sees that it is too late to suspend.
        If the execution is gone, nothing is created.
        """
        try:
            answer = self._table.update_item(
                Key=segment_key(tenant, execution_id, path),
                UpdateExpression="ADD wakes :one",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":one": 1},
                ReturnValues="ALL_NEW",
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return None
        token = answer["Attributes"].get("token")
        return str(token) if token else None

    def has_token(self, tenant: str, execution_id: str, path: str) -> bool:
        key = segment_key(tenant, execution_id, path)
        return "token" in self._table.get_item(Key=key, ConsistentRead=True).get("Item", {})


def count_wakeup(tenant: str, execution_id: str, path: str) -> dict[str, Any]:
    """Return the update that counts a wake-up, for the transaction of what the segment waits for.

    A turn under way cannot suspend without seeing what was written with it.
    """
    return {
        "Key": segment_key(tenant, execution_id, path),
        "UpdateExpression": "ADD wakes :one",
        "ExpressionAttributeValues": {":one": 1},
    }
