"""The search for secrets: through all that the platform keeps, and all that it shows."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import boto3
from boto3.dynamodb.types import Binary

from tests.support.stack import MotoStack

WINDOW = 8
"""The number of characters in a row that may not be seen of any secret, in any case."""

Places = Iterable[tuple[str, Any]]
"""What is looked through: values, each with the name of its place."""


class Secrets:
    """Some secrets by name, cut into windows, as JSON writes them too."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._windows = {
            folded[at : at + WINDOW]: name
            for name, secret in secrets.items()
            for folded in map(str.casefold, _spellings(secret))
            for at in range(len(folded) - WINDOW + 1)
        }

    def found_in(self, places: Places) -> list[str]:
        """Return each piece that was found, with its surroundings and its place."""
        return sorted({f"{place}: {leak}" for place, value in places for leak in self.leaks(value)})

    def leaks(self, value: Any) -> set[str]:
        """Return the pieces of secrets in a value, whatever it is packed in."""
        return {leak for text in texts(value) for leak in self._pieces(text.casefold())}

    def _pieces(self, folded: str) -> Iterator[str]:
        for at in range(len(folded) - WINDOW + 1):
            if name := self._windows.get(folded[at : at + WINDOW]):
                yield f"{name}: {folded[max(0, at - 60) : at + 40]}"


def _spellings(secret: str) -> tuple[str, ...]:
    return secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]


def texts(value: Any) -> Iterator[str]:
    """Yield all texts in a value: those of JSON in JSON too, and of what is packed."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name)
            yield from texts(each)
    elif isinstance(value, list | tuple | set):
        for each in value:
            yield from texts(each)
    elif isinstance(value, bytes):
        yield value.decode(errors="replace")
        with suppress(zlib.error):
            yield zlib.decompress(value).decode(errors="replace")
    elif isinstance(value, Binary):
        held: Any = value  # the stubs do not say that it can be read as bytes
        yield from texts(bytes(held))
    else:
        yield from _readings(str(value))


def _readings(text: str) -> Iterator[str]:
    """Yield a text, as it stands and as JSON in JSON is read."""
    once = text.replace("\\\\", "\\")
    yield from {text, once, once.replace('\\"', '"')}
    if text[:1] in {"{", "[", '"'}:
        with suppress(ValueError):
            yield from texts(json.loads(text))


def kept(stack: MotoStack) -> Iterator[tuple[str, Any]]:
    """Yield all that is kept anywhere: each attribute of each row, each object, message and run."""
    yield from _rows()
    yield from _objects()
    yield from _messages()
    yield from _histories(stack)


def _rows() -> Iterator[tuple[str, Any]]:
    dynamodb = boto3.client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                yield f"table {table}", item


def _objects() -> Iterator[tuple[str, Any]]:
    s3 = boto3.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for entry in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            content = s3.get_object(Bucket=bucket["Name"], Key=entry["Key"])["Body"].read()
            yield f"object {entry['Key']}", content


def _messages() -> Iterator[tuple[str, Any]]:
    sqs = boto3.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        yield from ((f"queue {url}", each) for each in found)


def _histories(stack: MotoStack) -> Iterator[tuple[str, Any]]:
    machines = boto3.client("stepfunctions")
    for run in stack.runs():
        arn = run["executionArn"]
        yield f"run {arn}", machines.describe_execution(executionArn=arn)
        yield f"run {arn}", machines.get_execution_history(executionArn=arn)


def shown(stack: MotoStack) -> Iterator[tuple[str, Any]]:
    """Yield what each route shows of each execution, all of them ended, and of all together."""
    lists = (
        "executions?limit=500",
        "approvals",
        "approvals?status=APPROVED",
        "flows",
        "credentials",
    )
    paths = [f"/api/v1/{each}" for each in lists]
    for execution in stack.api("GET", paths[0]).body:
        base = f"/api/v1/executions/{execution['id']}"
        paths += [base, f"{base}/tasks?limit=500", f"{base}/results", f"{base}/logs"]
    for path in paths:
        answer = stack.api("GET", path)
        assert answer.status == 200, path
        yield path, answer.body
