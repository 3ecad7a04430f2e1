"""The end of a deleted flow's executions: put in one transaction with the flow's deletion."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.executions.bulk.service import bulk_start
from shared.executions.lifecycle.new_execution import Identity, Requester, new_execution
from shared.executions.models import Execution
from shared.executions.orchestration.state_machine import StateMachine, state_machine
from shared.executions.store.items import execution_to_item
from shared.executions.store.table import executions_table
from shared.flows.plans import built_in
from shared.ids import new_id
from shared.observability import logger
from shared.times import utc_now


@dataclass(frozen=True)
class FlowDeletion:
    """An execution that cancels all those of one flow, as it is before it is put."""

    execution: Execution
    table_name: str
    engine: StateMachine

    @property
    def put(self) -> dict[str, Any]:
        return {
            "TableName": self.table_name,
            "Item": execution_to_item(self.execution),
            "ConditionExpression": "attribute_not_exists(pk)",
        }

    def start(self) -> None:
        """Start its run; if that cannot be now, the reconciler starts it within a minute."""
        try:
            self.engine.start(self.execution)
        except (ClientError, BotoCoreError):
            logger.exception("start deferred to the reconciler", extra={"id": self.execution.id})


def flow_deletion(flow_id: str, *, tenant: str, author: str) -> FlowDeletion:
    """Make the execution that cancels all those of one flow, on behalf of `author`."""
    now = utc_now()
    prepared = bulk_start(built_in.CLOSE_FLOW, {"filter": {"flowId": flow_id}})
    execution = new_execution(
        prepared,
        Requester(tenant=tenant, created_by=author),
        Identity(new_id(now), prepared.revision, now),
    )
    return FlowDeletion(execution, executions_table().name, state_machine())
