"""Each function with exactly what the template gives it: its environment and its handler."""

import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.support.permissions import Permissions
from tests.support.stack import forget_factories
from tests.support.template import REGION, Template, synthesised

REFUSED = "AccessDeniedException"
PUT_OF_A_FLOW = {"TransactItems": [{"Put": {"TableName": "FlowsTable"}}]}
FUNCTIONS = sorted(path.parent.name for path in Path("functions").glob("*/handler.py"))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_functions_factories_need_no_more_than_its_own_environment(
    function: str, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_environment_of(function, template, monkeypatch)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    handler = importlib.import_module(f"functions.{function}.handler")

    with mock_aws():
        forget_factories()
        for factory in factories(handler):
            assert factory() is not None
    forget_factories()


def test_every_function_of_the_template_is_looked_at(template: Template) -> None:
    handlers = [found["Handler"] for _, found in template.of_type("AWS::Lambda::Function")]

    assert sorted(handler.split(".")[1] for handler in handlers) == FUNCTIONS


@pytest.mark.parametrize(
    ("function", "operation", "parameters"),
    [
        ("plugins", "DynamoDB.GetItem", {"TableName": "FlowsTable"}),
        ("runner", "DynamoDB.PutItem", {"TableName": "FlowsTable"}),
        ("runner", "DynamoDB.Query", {"TableName": "ApprovalsTable", "IndexName": "recent"}),
        ("flows", "SFN.StartExecution", {"stateMachineArn": "arn:aws:states:::stateMachine:x"}),
        ("health", "DynamoDB.TransactWriteItems", PUT_OF_A_FLOW),
    ],
)
def test_integration_tests_refuse_what_a_role_does_not_allow(
    function: str, operation: str, parameters: dict[str, Any], template: Template
) -> None:
    names = {name[7:-8]: name for name, _ in template.of_type("AWS::DynamoDB::Table")}
    text = json.dumps(parameters)
    for short, name in names.items():
        text = text.replace(f'"{short}"', f'"{name}"')

    with pytest.raises(ClientError, match=f"the role of {function} does not allow"):
        Permissions(template).check(function, operation, json.loads(text))


@pytest.mark.parametrize(
    ("function", "operation", "kind", "code"),
    [
        ("runner", "Decrypt", "credential", None),
        ("runner", "Decrypt", "trigger", REFUSED),
        ("runner", "Decrypt", "credential ", REFUSED),
        ("runner", "Decrypt", "*", REFUSED),
        ("runner", "Decrypt", None, REFUSED),
        ("runner", "GenerateDataKey", "credential", REFUSED),
        ("credentials", "GenerateDataKey", "credential", None),
        ("credentials", "GenerateDataKey", "trigger", REFUSED),
        ("credentials", "Decrypt", "credential", REFUSED),
        ("flows", "Decrypt", "credential", REFUSED),
        ("executions", "Decrypt", "credential", REFUSED),
    ],
)
def test_secrets_are_opened_and_sealed_by_kind(
    function: str, operation: str, kind: str | None, code: str | None
) -> None:
    aws = synthesised(target="aws")
    [(key, _)] = aws.of_type("AWS::KMS::Key")
    context = {"tenant": "acme", "id": "x", **({"kind": kind} if kind else {})}
    call = {"KeyId": aws.arn(key), "EncryptionContext": context}

    refused = None
    try:
        Permissions(aws).check(function, f"KMS.{operation}", call)
    except ClientError as error:
        refused = error.response["Error"]["Code"]

    assert refused == code


@pytest.mark.parametrize(
    ("function", "operation", "key", "code"),
    [
        ("runner", "GetObject", "executions/default/x/gone.json", None),
        ("runner", "PutObjectTagging", "executions/default/x/gone.json", None),
        ("executions", "GetObject", "executions/default/x/gone.json", None),
        ("executions", "GetObject", "results/default/gone.json", "AccessDenied"),
        ("executions", "GetObject", "results/default/here.json", None),
    ],
)
def test_a_missing_object_is_refused_to_a_role_that_may_not_list(
    function: str, operation: str, key: str, code: str | None, template: Template
) -> None:
    [(bucket, _)] = template.of_type("AWS::S3::Bucket")
    with mock_aws():
        client: Any = boto3.client("s3", region_name=REGION)
        client.create_bucket(Bucket=bucket)
        client.put_object(Bucket=bucket, Key="results/default/here.json", Body=b"{}")

        refused = None
        try:
            Permissions(template).check(function, f"S3.{operation}", {"Bucket": bucket, "Key": key})
        except ClientError as error:
            refused = error.response["Error"]["Code"]

    assert refused == code


def only_environment_of(function: str, template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set this function's variables, and unset what only others have."""
    own: dict[str, str] = {}
    for _, properties in template.of_type("AWS::Lambda::Function"):
        variables = template.resolve(properties["Environment"]["Variables"])
        if properties["Handler"].split(".")[1] == function:
            own = variables
        for name in variables:
            monkeypatch.delenv(name, raising=False)
    for name, value in own.items():
        monkeypatch.setenv(name, value)


def factories(handler: Any) -> list[Any]:
    """The cached factories a handler defines, which take nothing."""
    return [
        found
        for found in vars(handler).values()
        if hasattr(found, "cache_clear")
        and found.__module__.startswith(f"{handler.__package__}.")
        and not inspect.signature(found).parameters
    ]
