"""The stack on moto refuses what DynamoDB would, by whatever client it is asked."""

import os
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from shared.aws import table
from tests.support.stack import MotoStack

LONG = "k" * 1_025


@pytest.mark.usefixtures("moto_stack")
def test_a_table_is_not_asked_for_a_key_that_it_cannot_have():
    executions = table(os.environ["EXECUTIONS_TABLE_NAME"])

    with pytest.raises(ClientError, match="size limit of 1024 bytes") as caught:
        executions.get_item(Key={"pk": "p", "sk": LONG})
    with pytest.raises(ClientError, match="BETWEEN"):
        executions.query(
            IndexName="recent",
            KeyConditionExpression=Key("recentOf").eq("default") & Key("id").between("b", "a"),
        )
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_neither_is_one_behind_a_client(moto_stack: MotoStack):
    client: Any = boto3.client("dynamodb")
    request = {
        "TableName": moto_stack.environment["EXECUTIONS_TABLE_NAME"],
        "Item": {"pk": {"S": "p"}, "sk": {"S": "s"}, "id": {"S": LONG}},
    }

    with pytest.raises(ClientError, match="size limit of 1024 bytes"):
        client.put_item(**request)
    with pytest.raises(ClientError, match="size limit of 1024 bytes"):
        client.transact_write_items(TransactItems=[{"Put": request}])
