"""The capacity units of an execution's DynamoDB calls, counted by the local emulator as by AWS."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3

from tests.support.calls import Call
from tests.support.stack import TABLE_PROPERTIES
from tests.support.template import REGION, synthesised

HOST = "127.0.0.1"
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


@dataclass
class Units:
    """Capacity units by kind: of the tables themselves, and of their indexes."""

    write: float = 0
    read: float = 0
    index_write: float = 0
    index_read: float = 0
    by_index: Counter[str] = field(default_factory=Counter)

    def add(self, operation: str, consumed: Any) -> None:
        indexes = consumed.get("GlobalSecondaryIndexes", {})
        on_indexes = sum(index["CapacityUnits"] for index in indexes.values())
        # Of a transaction the emulator tells the sum, and does not name the table's part.
        table = consumed["CapacityUnits"] - on_indexes
        if operation in WRITES:
            self.write += table
            self.index_write += on_indexes
            self.by_index.update({name: used["CapacityUnits"] for name, used in indexes.items()})
        else:
            self.read += table
            self.index_read += on_indexes


def units(setup: Iterable[Call], calls: Iterable[Call]) -> Units:
    """Return the units of `calls`, repeated in order on tables prepared by `setup`."""
    with _emulator() as endpoint:
        dynamodb: Any = boto3.client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator takes anything
        )
        _create_tables(dynamodb)
        resource: Any = boto3.resource(
            "dynamodb",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator takes anything
        )
        writes = [call for call in setup if call.operation.rpartition(".")[2] in WRITES]
        _repeat(resource.meta.client, writes)
        return _repeat(resource.meta.client, calls)


def _create_tables(dynamodb: Any) -> None:
    for name, properties in synthesised().of_type("AWS::DynamoDB::Table"):
        wanted = {key: properties[key] for key in TABLE_PROPERTIES if key in properties}
        wanted.setdefault("StreamSpecification", {})["StreamEnabled"] = True
        dynamodb.create_table(TableName=name, **wanted)


def _repeat(client: Any, calls: Iterable[Call]) -> Units:
    spent = Units()
    for call in calls:
        service, operation = call.operation.split(".")
        if service != "DynamoDB":
            continue
        name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)
        answer = getattr(client, name.lstrip("_"))(
            **call.parameters, ReturnConsumedCapacity="INDEXES"
        )
        consumed = answer["ConsumedCapacity"]
        for entry in consumed if isinstance(consumed, list) else [consumed]:
            spent.add(operation, entry)
    return spent


@contextmanager
def _emulator() -> Iterator[str]:
    """Yield an emulator of its own on a free loopback port, with nothing in it."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "STATE_DIR": home,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(port, process)
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the emulator ended at once, with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the emulator did not listen within 30 seconds")
