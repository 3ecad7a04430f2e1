"""Approvals in a table of their own: every change asks that the approval is still PENDING."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from shared.aws import table
from shared.config import ApprovalsTableSettings, settings
from shared.dynamodb import Sleep, batch_get
from shared.people.approvals.items import approval_from_item, approval_key, approval_to_item
from shared.people.approvals.models import Approval, ApprovalStatus
from shared.times import to_rfc3339, utc_now

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

RECENT = "recent"


class ApprovalRepository:
    def __init__(
        self,
        table: "Table",
        now: Callable[[], datetime] = utc_now,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._table = table
        self._now = now
        self._sleep = sleep

    def add(self, approval: Approval) -> bool:
        """Ask; False when it was asked, or closed, before (and stays as it is)."""
        try:
            self._table.put_item(
                Item=approval_to_item(approval), ConditionExpression="attribute_not_exists(pk)"
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def find(self, tenant: str, approval_id: str) -> Approval | None:
        item = self._table.get_item(
            Key=approval_key(tenant, approval_id), ConsistentRead=True
        ).get("Item")  # fmt: skip
        return approval_from_item(item, self._now()) if item else None

    def expire(self, expired: Approval) -> bool:
        """Let the time-out decide; False when somebody was first."""
        sets = "SET #status = :status, decidedAt = :at"
        values: dict[str, Any] = {
            ":status": expired.status,
            ":at": to_rfc3339(expired.decided_at or expired.requested_at),
        }
        if expired.decision:
            sets += ", decision = :decision"
            values[":decision"] = expired.decision
        return self._update(expired, sets, values)

    def remind(self, approval: Approval, reminded: Approval) -> bool:
        """Count reminders and add approvers, once; False when somebody was first."""
        is_next = "(attribute_not_exists({0}) OR {0} = :{0}_)"
        return self._update(
            reminded,
            "SET reminders = :reminders, escalations = :escalations, approvers = :approvers",
            {
                ":reminders": reminded.reminders,
                ":escalations": reminded.escalations,
                ":approvers": list(reminded.approvers),
                ":reminders_": approval.reminders,
                ":escalations_": approval.escalations,
            },
            and_if=f"{is_next.format('reminders')} AND {is_next.format('escalations')}",
        )

    def close(self, tenant: str, approval_id: str, *, at: datetime) -> bool:
        """Close an approval, so that nobody may decide; False when it was decided before.

        What was not asked yet is closed as well: a turn that was fenced off may be about to ask.
        """
        return self._write(
            approval_key(tenant, approval_id),
            "SET #status = :status, decidedAt = :at",
            "attribute_not_exists(pk) OR #status = :pending",
            {":status": ApprovalStatus.CANCELLED, ":at": to_rfc3339(at)},
        )

    def keep_until(self, tenant: str, approval_id: str, *, at: datetime) -> None:
        """Let an approval expire at a moment, with its execution, unless it is gone."""
        with suppress(self._table.meta.client.exceptions.ConditionalCheckFailedException):
            self._table.update_item(
                Key=approval_key(tenant, approval_id),
                UpdateExpression="SET removeAt = :at",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":at": int(at.timestamp())},
            )

    def page(
        self, tenant: str, *, limit: int, after: str | None
    ) -> tuple[list[Approval], str | None]:
        """Return approvals newest first, behind the id `after`; and the last id if more follow."""
        query: dict[str, Any] = {
            "IndexName": RECENT,
            "KeyConditionExpression": Key("recentOf").eq(tenant),
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if after:
            start = {**approval_key(tenant, after), "recentOf": tenant, "id": after}
            query["ExclusiveStartKey"] = start
        answer = self._table.query(**query)
        ids = [str(item["id"]) for item in answer["Items"]]
        last = ids[-1] if ids and "LastEvaluatedKey" in answer else None
        return self._find_many(tenant, ids), last

    def _find_many(self, tenant: str, ids: Sequence[str]) -> list[Approval]:
        keys = [approval_key(tenant, each) for each in ids]
        read = batch_get(self._table, keys, sleep=self._sleep)
        approvals = (approval_from_item(item, self._now()) for item in read)
        found = {approval.id: approval for approval in approvals if approval}
        return [found[each] for each in ids if each in found]

    def _update(
        self, approval: Approval, sets: str, values: Mapping[str, Any], *, and_if: str = ""
    ) -> bool:
        condition = f"#status = :pending AND {and_if}" if and_if else "#status = :pending"
        return self._write(approval_key(approval.tenant, approval.id), sets, condition, values)

    def _write(
        self, key: Mapping[str, Any], sets: str, condition: str, values: Mapping[str, Any]
    ) -> bool:
        try:
            self._table.update_item(
                Key=key,
                UpdateExpression=sets,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={**values, ":pending": ApprovalStatus.PENDING},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


@cache
def approval_repository() -> ApprovalRepository:
    return ApprovalRepository(table(settings(ApprovalsTableSettings).approvals_table_name))
