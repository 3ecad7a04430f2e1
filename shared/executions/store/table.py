"""The executions table, by the name that a function's environment gives."""

from typing import TYPE_CHECKING

from shared.aws import table
from shared.config import ExecutionsTableSettings, settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def executions_table() -> "Table":
    return table(settings(ExecutionsTableSettings).executions_table_name)
