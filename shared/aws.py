"""AWS clients: made when first used, one per process, with time-outs that fit a function."""

from collections.abc import Mapping
from functools import cache, partial
from random import random
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from shared.config import SdkSettings, settings

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_stepfunctions.client import SFNClient

# Six attempts within two seconds: only the legacy mode knows DynamoDB's short pauses. The others
# wait up to half a minute, longer than a function of the API lives.
TABLES = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "legacy", "total_max_attempts": 6}
)

# A client waits for the answer, and what could not be started or woken is found by the reconciler.
MACHINES = Config(
    connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2}
)

OBJECTS = Config(
    connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}
)

# Somebody waits to be logged in.
POOLS = Config(
    connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}
)

# Of the runner, for Step Functions, S3 and SQS: nobody waits for it, and a turn that dies of a
# throttle has to be made again. Tables are the same for everybody.
PATIENT = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 6}
)

# Whoever asks whether a store is there wants to know soon, and will ask again.
IMPATIENT = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})


@cache
def table(name: str, config: Config = TABLES) -> "Table":
    """Return a table of DynamoDB."""
    resource = boto3.resource("dynamodb", config=config)
    events: Any = resource.meta.client.meta.events
    events.register("needs-retry.dynamodb", partial(_again_within_quota, vars(config)["retries"]))
    return resource.Table(name)


def _again_within_quota(
    retries: Mapping[str, Any], response: Any = None, attempts: int = 1, **_event: Any
) -> float | None:
    """Return the pause before the next attempt at what is beyond the account's own quota.

    The legacy mode knows DynamoDB's other throttles, and not this one. None: no next attempt.
    """
    code = response[1].get("Error", {}).get("Code") if response else None
    if code != "RequestLimitExceeded" or attempts >= retries["total_max_attempts"]:
        return None
    return random() * 0.05 * 2.0**attempts


@cache
def step_functions(config: Config | None = None) -> "SFNClient":
    """Return the client of Step Functions, as patient as its function may be."""
    return boto3.client("stepfunctions", config=config or _patience(MACHINES))


@cache
def sqs(config: Config = PATIENT) -> "SQSClient":
    """Return the client of SQS; only the runner sends."""
    return boto3.client("sqs", config=config)


@cache
def s3(config: Config | None = None) -> "S3Client":
    """Return the client of S3, which signs addresses as every region takes them."""
    chosen = config or _patience(OBJECTS)
    return boto3.client("s3", config=chosen.merge(Config(signature_version="s3v4")))


@cache
def cognito(config: Config = POOLS) -> "CognitoIdentityProviderClient":
    """Return the client of Cognito's pools of users."""
    return boto3.client("cognito-idp", config=config)


def _patience(quick: Config) -> Config:
    return PATIENT if settings(SdkSettings).headrace_sdk_patience == "patient" else quick
