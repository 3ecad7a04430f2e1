"""Who may read secrets on a stack whose emulator enforces IAM: the runner's role, not others'."""

from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from tests.support.local import Stack

DENIED = "AccessDeniedException"
KEY = {"pk": "default#credential-values", "sk": "*/E2E_TOKEN"}


@pytest.fixture
def credential(api: httpx.Client) -> Any:
    """A credential that is stored for this test."""
    draft = {"name": "E2E_TOKEN", "value": "a value that nobody else reads"}
    made = api.post("/api/v1/credentials", json=draft)
    assert made.status_code == 201, made.text
    yield made.json()
    api.delete(f"/api/v1/credentials/{made.json()['id']}").raise_for_status()


def acting_as(stack: Stack, function: str) -> dict[str, Any]:
    """The connection of who has the role of a function."""
    functions = boto3.client("lambda", **stack.aws()).list_functions()["Functions"]
    [found] = [each for each in functions if each["Handler"].split(".")[1] == function]
    assumed = boto3.client("sts", **stack.aws()).assume_role(
        RoleArn=found["Role"], RoleSessionName=function
    )["Credentials"]
    return {
        **stack.aws(),
        "aws_access_key_id": assumed["AccessKeyId"],
        "aws_secret_access_key": assumed["SecretAccessKey"],
        "aws_session_token": assumed["SessionToken"],
    }


def table(stack: Stack, connection: dict[str, Any]) -> Any:
    names = boto3.client("dynamodb", **stack.aws()).list_tables()["TableNames"]
    [name] = [each for each in names if "CredentialsTable" in each]
    return boto3.resource("dynamodb", **connection).Table(name)


@pytest.mark.usefixtures("credential")
def test_kv_reads_no_credential_and_opens_none(stack: Stack):
    sealed = table(stack, stack.aws()).get_item(Key=KEY)["Item"]
    kv = acting_as(stack, "kv")

    with pytest.raises(ClientError) as unread:
        table(stack, kv).get_item(Key=KEY)
    with pytest.raises(ClientError) as unopened:
        boto3.client("kms", **kv).decrypt(CiphertextBlob=bytes(sealed["sealed"].value)[:200])

    assert unread.value.response["Error"]["Code"] == DENIED
    assert unopened.value.response["Error"]["Code"] == DENIED


@pytest.mark.usefixtures("credential")
def test_the_runner_reads_the_same_item(stack: Stack):
    runner = acting_as(stack, "runner")
    item = table(stack, runner).meta.client.batch_get_item(
        RequestItems={table(stack, stack.aws()).name: {"Keys": [KEY]}}
    )

    [found] = next(iter(item["Responses"].values()))
    assert b"nobody else" not in bytes(found["sealed"].value)
