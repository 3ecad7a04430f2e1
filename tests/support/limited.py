"""Rows held against the limits of their tables, without a table."""

from typing import Any

from boto3.dynamodb.types import TypeSerializer

from shared.executions.models import Execution
from shared.executions.store.items import execution_to_item, run_to_item
from shared.executions.task_runs import TaskRun
from shared.people.approvals.items import approval_to_item
from shared.people.approvals.models import Approval
from tests.support.attribute_values import size
from tests.support.limits import Limits
from tests.support.template import Template

MAX_ITEM_BYTES = 400 * 1024


class LimitedTables:
    """The tables of a template; each check fails or raises what DynamoDB would."""

    def __init__(self, template: Template) -> None:
        self._limits = Limits(template)
        self._names = [name for name, _ in template.of_type("AWS::DynamoDB::Table")]

    def check_execution(self, execution: Execution) -> None:
        self._check_item("ExecutionsTable", execution_to_item(execution))

    def check_run(self, execution: Execution, run: TaskRun) -> None:
        self._check_item("ExecutionsTable", run_to_item(execution, run))

    def check_approval(self, approval: Approval) -> None:
        self._check_item("ApprovalsTable", approval_to_item(approval))

    def check_key(self, table: str, key: dict[str, str]) -> None:
        self._limits.check("GetItem", {"TableName": self._name(table), "Key": _sent(key)})

    def _check_item(self, table: str, item: dict[str, Any]) -> None:
        sent = _sent(item)
        assert size(sent) <= MAX_ITEM_BYTES, f"an item of {size(sent)} bytes"
        self._limits.check("PutItem", {"TableName": self._name(table), "Item": sent})

    def _name(self, table: str) -> str:
        [name] = [name for name in self._names if table in name]
        return name


def _sent(item: dict[str, Any]) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}
