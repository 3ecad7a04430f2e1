"""Clients give up well before the functions that use them are stopped."""

import json
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from infra.permissions import listed
from shared.aws import IMPATIENT, PATIENT, cognito, kms, s3, sqs, step_functions, table
from tests.support.patience import Patience, longest
from tests.support.stack import forget_factories
from tests.support.template import REGION, Template

CLIENTS: dict[str, Callable[[], Any]] = {
    "cognito-idp": cognito,
    "dynamodb": lambda: table("T").meta.client,
    "kms": kms,
    "s3": s3,
    "sqs": sqs,
    "states": step_functions,
}
OF_THE_RUNNER: dict[str, Callable[[], Any]] = {
    **CLIENTS,
    "s3": lambda: s3(PATIENT),
    "states": lambda: step_functions(PATIENT),
}
FUNCTIONS = (
    *("approvals", "auth", "clients", "credentials", "executions", "flows", "health", "kv"),
    *("namespaces", "reconcile", "runner", "timers", "users"),
)
BY_LAMBDA_ITSELF = {("timers", "sqs")}
"""What a function may do so that Lambda can do it for it."""


@pytest.fixture(autouse=True)
def _fresh_clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clients of this test alone, with credentials that nobody has to be asked for."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    forget_factories()
    yield
    forget_factories()


def services(template: Template, function: str) -> set[str]:
    """The services of which a function's role may ask something, its log apart."""
    [role] = [
        template.resolve(properties["Role"])
        for _, properties in template.of_type("AWS::Lambda::Function")
        if properties["Handler"].split(".")[1] == function
    ]
    found = {
        action.partition(":")[0]
        for _, properties in template.of_type("AWS::IAM::Policy")
        if role in [template.arn(name) for name in template.resolve(properties["Roles"])]
        for statement in properties["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }
    return {name for name in found - {"logs"} if (function, name) not in BY_LAMBDA_ITSELF}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_a_client_waits_for_at_most_is_half_of_its_functions_time(
    function: str, template: Template
) -> None:
    clients = OF_THE_RUNNER if function == "runner" else CLIENTS

    asked = services(template, function)

    assert asked
    for name in asked:
        Patience(template).check(function, clients[name]())


def test_every_function_that_calls_aws_is_looked_at(template: Template) -> None:
    asking = {name for name in Patience(template).seconds if services(template, name)}

    assert asking == set(FUNCTIONS)


def test_the_store_is_asked_six_times_within_two_seconds() -> None:
    tries, pauses = longest("dynamodb", table("T").meta.client.meta.config)

    assert tries == 6
    assert pauses < 2


@pytest.mark.parametrize(
    "code",
    [
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    ],
)
def test_every_throttle_of_the_store_is_tried_six_times(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    client = table("T").meta.client
    answers = []

    def refuse(**_request: Any) -> Any:
        body = json.dumps({"__type": f"com.amazonaws.dynamodb#{code}", "message": "slow"})
        raw: Any = SimpleNamespace(stream=lambda: [body.encode()])
        answers.append(AWSResponse("", 400, HTTPHeaders(), raw))
        return answers[-1]

    client.meta.events.register("before-send.dynamodb", refuse)

    with pytest.raises(ClientError, match=code):
        client.get_item(TableName="T", Key={"pk": "a"})
    assert len(answers) == 6


def test_a_start_that_step_functions_throttles_is_tried_once_more() -> None:
    assert longest("stepfunctions", step_functions().meta.config) == (2, 1.0)


def test_a_function_that_is_told_so_is_patient(
    template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {
        properties["Handler"].split(".")[1]
        for _, properties in template.of_type("AWS::Lambda::Function")
        if "HEADRACE_SDK_PATIENCE" in properties["Environment"]["Variables"]
    }
    monkeypatch.setenv("HEADRACE_SDK_PATIENCE", "patient")

    assert told == {"runner"}
    for name, client in (("stepfunctions", step_functions), ("s3", s3)):
        assert longest(name, client().meta.config)[0] == 6


@pytest.mark.parametrize(
    ("function", "client"),
    [
        ("executions", lambda: step_functions(PATIENT)),
        ("timers", lambda: s3(PATIENT)),
        ("executions", lambda: table("T", PATIENT).meta.client),
    ],
)
def test_a_client_of_the_runner_is_too_patient_for_others(
    function: str, client: Callable[[], Any], template: Template
) -> None:
    with pytest.raises(AssertionError, match=f"may keep {function} for"):
        Patience(template).check(function, client())


def test_readiness_is_asked_once() -> None:
    [tries, pauses] = longest("dynamodb", table("T", IMPATIENT).meta.client.meta.config)

    assert (tries, pauses) == (1, 0)
