"""AWS clients: made when first used, one per process, with time-outs that fit a function."""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient
    from mypy_boto3_stepfunctions.client import SFNClient

# Throttles and lost connections are retried by the SDK, with jitter; a dead endpoint is given up
# on well before the function's own time is over.
CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 6}
)

# Whoever asks whether a store is there wants to know soon, and will ask again.
IMPATIENT = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})


@cache
def table(name: str, config: Config = CONFIG) -> "Table":
    return boto3.resource("dynamodb", config=config).Table(name)


@cache
def step_functions() -> "SFNClient":
    return boto3.client("stepfunctions", config=CONFIG)


@cache
def sqs() -> "SQSClient":
    return boto3.client("sqs", config=CONFIG)


@cache
def s3() -> "S3Client":
    return boto3.client("s3", config=CONFIG.merge(Config(signature_version="s3v4")))
