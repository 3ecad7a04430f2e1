"""The whole platform on moto: tables and machine as synthesised, our own handlers behind them.

The functions run in this process, with the union of their environments in the template; that each
works with its own alone is what `tests/infra` checks.
"""

import copy
import importlib
import io
import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import boto3
import moto.dynamodb.models
import pytest
from moto import mock_aws
from moto.core.config import DefaultConfig
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.kms.models import kms_backends
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackOutcomeFailure
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from tests.support.calls import (
    Calls,
    Crash,
    abandon_invocations,
    invoking,
    keep_process,
    record_calls,
    refuse_beyond_limits,
)
from tests.support.cognito import make_pool
from tests.support.documented import check_documented
from tests.support.events import LOCAL_ADMIN, api_event, sqs_event
from tests.support.limits import Limits
from tests.support.remembered import make_tables, remember
from tests.support.template import ACCOUNT, REGION, Template
from tests.support.threads import keep_requests_apart

CONFIG: DefaultConfig = {
    "core": {"mock_credentials": True, "reset_boto3_session": False},
    "stepfunctions": {"execute_state_machine": True},
}
TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "StreamSpecification",
)
PLAIN = {"S", "N", "BOOL", "NULL", "SS", "NS"}
"""Attributes that are answered as they are kept."""
PATIENCE_SECONDS = 120
"""When a wait is given up: long, for it says that something hangs, not that it is slow."""
TERMINAL = {"SUCCESS", "FAILED", "CANCELLED", "TIMED_OUT"}
Event = dict[str, Any]


class Answer(NamedTuple):
    """An HTTP answer; `body` is parsed when it is JSON, header names are in lower case."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Context:
    """What Lambda tells a handler about its invocation."""

    function_name: str
    invoked_function_arn: str
    aws_request_id: str
    deadline: float
    memory_limit_in_mb: int
    function_version: str = "$LATEST"
    log_group_name: str = "/aws/lambda/tests"
    log_stream_name: str = "tests"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class MotoStack:
    """What a test may do: call the API, invoke a function, count calls, plan a crash."""

    def __init__(self, template: Template, calls: Calls) -> None:
        self.template = template
        self.calls = calls
        self.timeouts: dict[str, float] = {}
        """Seconds a function has, by its name, where that is not what the template gives."""
        self.address = "127.0.0.1"
        """The address that requests come from."""
        self.invocations: Counter[str] = Counter()
        """How often each function was invoked."""
        self.dies_for_good = False
        """A run whose runner crashes is stopped, as an outage would, instead of tried again."""
        self.always_dies = False
        """The runner crashes before its first call, each time."""
        self._is_over = False
        self._news = threading.Event()
        self._names = {
            name: re.fullmatch(r"functions\.(\w+)\.handler\.lambda_handler", properties["Handler"])
            for name, properties in template.of_type("AWS::Lambda::Function")
        }
        self._routes = _routes(template)
        self._dynamodb: Any = boto3.client("dynamodb", region_name=REGION)
        self._queues: Any = boto3.client("sqs", region_name=REGION)
        self._machines: Any = boto3.client("stepfunctions", region_name=REGION)

    def api(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        claims: Mapping[str, str] | None = LOCAL_ADMIN,
    ) -> Answer:
        """Call the HTTP API: the route decides the function, its handler gives the answer.

        `claims` are those of the caller's token, None is a call without one.
        """
        route, function, parameters = self._match(method, urlsplit(path).path)
        event = api_event(
            method, path, body, headers, route=route, path_parameters=parameters, claims=claims
        )
        event["requestContext"]["http"]["sourceIp"] = self.address
        answer = self.invoke(function, event)
        text = answer.get("body") or ""
        found = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            found[name.lower()] = ", ".join(values)
        parsed = json.loads(text) if "json" in found.get("content-type", "") and text else text
        check_documented(route, answer["statusCode"], parsed, found)
        return Answer(answer["statusCode"], parsed, found)

    def invoke(self, function: str, event: Event) -> Any:
        """Call a function by its name, as Lambda would; what it raises is raised."""
        name = next(name for name, found in self._names.items() if found and found[1] == function)
        self.invocations[function] += 1
        handler = importlib.import_module(f"functions.{function}.handler").lambda_handler
        with invoking(function) as invocation:
            invocation.is_dead = self._is_over
            return handler(json.loads(json.dumps(event)), self._context(name, function))

    def wait_for_execution(self, execution_id: str, *, seconds: float = PATIENCE_SECONDS) -> Any:
        """The answer of `GET /api/v1/executions/{id}` once its status is terminal."""
        self.wait_until(lambda: self.has_ended(execution_id), seconds=seconds)
        return self.api("GET", f"/api/v1/executions/{execution_id}").body

    def has_ended(self, execution_id: str) -> bool:
        return self._row(execution_id, "execution")["status"]["S"] in TERMINAL

    def wait_for_approval(self, execution_id: str) -> Any:
        """The approval that an execution waits for, once its run is parked with a token."""
        self.wait_until(lambda: bool(self._open_approvals(execution_id)))
        self.wait_until(lambda: self.is_parked(execution_id))
        return self._open_approvals(execution_id)[0]

    def _open_approvals(self, execution_id: str) -> list[Any]:
        answer = self.api("GET", "/api/v1/approvals?status=PENDING&limit=20")
        return [each for each in answer.body if each["executionId"] == execution_id]

    def is_parked(self, execution_id: str) -> bool:
        """Whether the execution's run waits with a token that is registered."""
        return "token" in self._row(execution_id, "segment#main")

    def _row(self, execution_id: str, name: str) -> Any:
        """A row of an execution as DynamoDB keeps it; looking costs less than asking the API."""
        key = {"pk": {"S": f"default#{execution_id}"}, "sk": {"S": name}}
        table = self.environment["EXECUTIONS_TABLE_NAME"]
        return self._dynamodb.get_item(TableName=table, Key=key).get("Item", {})

    def wait_until(self, is_true: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
        """Return as soon as the condition holds; fail after `seconds`.

        It is looked at whenever a machine's invocation ends, and now and then for all else.
        """
        deadline, pause = time.monotonic() + seconds, 0.01
        while True:
            self._news.clear()
            if is_true():
                return
            assert time.monotonic() < deadline, f"nothing happened for {seconds} seconds"
            if not self._news.wait(pause):
                pause = min(0.2, pause * 1.5)

    def runs(self, machine: str | None = None) -> list[dict[str, Any]]:
        """The runs Step Functions knows of, newest first: `name`, `status`, `executionArn`."""
        arn = machine or self.machine_arn
        pages = self._machines.get_paginator("list_executions").paginate(stateMachineArn=arn)
        return [run for page in pages for run in page["executions"]]

    @property
    def machine_arn(self) -> str:
        """The one-segment machine."""
        [(name, _)] = self.template.of_type("AWS::StepFunctions::StateMachine")
        return self.template.arn(name)

    @cached_property
    def environment(self) -> dict[str, str]:
        """Every function's variables together; clients are shared, so that none may be patient."""
        merged = dict(_environment(self.template))
        merged.pop("HEADRACE_SDK_PATIENCE", None)
        merged["HEADRACE_AUTH"] = "on"  # as on AWS: whoever calls is told by a token
        return merged

    def create(self) -> None:
        """Make the tables and the machine."""
        make_tables(self.template.text, self._create_tables)
        for name, _ in self.template.of_type("AWS::SQS::Queue"):
            self._queues.create_queue(QueueName=name)
        for name, _ in self.template.of_type("AWS::S3::Bucket"):
            boto3.client("s3", region_name=REGION).create_bucket(Bucket=name)
        for name, _ in self.template.of_type("AWS::KMS::Key"):
            make_key(self.template.arn(name))
        for name, properties in self.template.of_type("AWS::StepFunctions::StateMachine"):
            definition = properties["DefinitionString"]
            for key, value in self.template.resolve(properties["DefinitionSubstitutions"]).items():
                definition = definition.replace(f"${{{key}}}", value)
            self._machines.create_state_machine(
                name=name,
                definition=definition,
                roleArn=self.template.resolve(properties["RoleArn"]),
            )

    def _create_tables(self) -> None:
        for name, properties in self.template.of_type("AWS::DynamoDB::Table"):
            wanted = {key: properties[key] for key in TABLE_PROPERTIES if key in properties}
            wanted.setdefault("StreamSpecification", {})["StreamEnabled"] = True
            self._dynamodb.create_table(TableName=name, **wanted)

    def ring_timers(self) -> int:
        """Hand the messages that are due to the timers function, as Lambda would; how many."""
        url = self.environment["TIMERS_QUEUE_URL"]
        messages = self._queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        found = messages.get("Messages", [])
        if found:
            answer = self.invoke("timers", sqs_event(found))
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            for message in found:
                if message["MessageId"] not in failed:
                    receipt = message["ReceiptHandle"]
                    self._queues.delete_message(QueueUrl=url, ReceiptHandle=receipt)
        return len(found)

    def stop(self) -> None:
        """End what still runs, so that no test meets another's run."""
        for run in self.runs():
            if run["status"] == "RUNNING":
                with suppress(
                    AttributeError
                ):  # moto's worker has not got as far as its first state
                    self._machines.stop_execution(executionArn=run["executionArn"])

    def close(self) -> None:
        """End what still runs, functions too: none of it may turn up in the next test."""
        self._is_over, self.dies_for_good = True, False
        self.stop()
        abandon_invocations()

    def answer_step_functions(self, function_arn: str, payload: bytes | str) -> tuple[Any, bool]:
        """What Lambda answers to Step Functions: the payload, and whether it is an error."""
        found = self._names[function_arn.rpartition(":")[2]]
        assert found
        if self.always_dies or self._is_over:
            return self._exited(), True
        try:
            return self.invoke(found[1], json.loads(payload)), False
        except Crash:
            return self._exited(), True
        except Exception as error:  # noqa: BLE001 - whatever it is, Lambda makes it an answer
            return {"errorType": type(error).__name__, "errorMessage": str(error)}, True
        finally:
            self._news.set()

    def _exited(self) -> Any:
        if self.dies_for_good:
            self.stop()
        return {"errorType": "Runtime.ExitError", "errorMessage": "exited"}

    def _context(self, name: str, function: str) -> Context:
        properties = self.template.resources[name]["Properties"]
        seconds = self.timeouts.get(function, properties["Timeout"])
        return Context(
            function_name=name,
            invoked_function_arn=self.template.arn(name),
            aws_request_id=str(uuid4()),
            deadline=time.monotonic() + seconds,
            memory_limit_in_mb=properties["MemorySize"],
        )

    def _match(self, method: str, path: str) -> tuple[str, str, dict[str, str]]:
        for route, pattern, function in self._routes:
            verb, _, _ = route.partition(" ")
            found = pattern.fullmatch(path)
            if found and verb == method:
                return route, function, {k: unquote(v) for k, v in found.groupdict().items()}
        default = next(entry for entry in self._routes if entry[0] == "$default")
        return default[0], default[2], {}


def make_key(arn: str) -> None:
    """Make the key of KMS that has this ARN."""
    client: Any = boto3.client("kms", region_name=REGION)
    keys = kms_backends[ACCOUNT][REGION].keys
    key = keys.pop(client.create_key()["KeyMetadata"]["KeyId"])
    key.id, key.arn = arn.partition(":key/")[2], arn
    keys[key.id] = key


@cache
def _environment(template: Template) -> Mapping[str, str]:
    """Every function's variables together."""
    merged: dict[str, str] = {}
    for _, properties in template.of_type("AWS::Lambda::Function"):
        merged |= template.resolve(properties["Environment"]["Variables"])
    return merged


@cache
def _routes(template: Template) -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """Route key, pattern of its path and function; the fewer parameters, the earlier."""
    return tuple(_read_routes(template))


def _read_routes(template: Template) -> Iterator[tuple[str, re.Pattern[str], str]]:
    keys = [properties for _, properties in template.of_type("AWS::ApiGatewayV2::Route")]
    for properties in sorted(keys, key=lambda found: found["RouteKey"].count("{")):
        key = properties["RouteKey"]
        integration = template.resolve(properties["Target"]).rpartition("/")[2]
        uri = template.resolve(template.resources[integration]["Properties"]["IntegrationUri"])
        handler = template.resources[uri.rpartition(":")[2]]["Properties"]["Handler"]
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", key.partition(" ")[2])
        yield key, re.compile(pattern), handler.split(".")[1]


_limits = cache(Limits)


def running_stack(template: Template, monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoStack]:
    """A stack with empty tables, for one test."""
    with mock_aws(config=CONFIG):
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("AWS_REGION", REGION)
        remember(monkeypatch)
        keep_requests_apart(monkeypatch)
        stack = MotoStack(template, record_calls(monkeypatch, template))
        keep_process(monkeypatch)
        refuse_beyond_limits(monkeypatch, _limits(template))
        stack.environment.update(make_pool(monkeypatch))
        for name, value in stack.environment.items():
            monkeypatch.setenv(name, value)
        forget_factories()
        stack.create()
        _direct_machines(stack, monkeypatch)
        copying = _Copying()
        monkeypatch.setattr(moto.dynamodb.models, "copy", copying)
        write = DynamoDBBackend.transact_write_items
        monkeypatch.setattr(DynamoDBBackend, "transact_write_items", copying.watching(write))
        write_out = BaseJSONSerializer._serialize_type_structure
        monkeypatch.setattr(BaseJSONSerializer, "_serialize_type_structure", _plainly(write_out))
        stack.calls.clear()
        yield stack
        stack.close()
        forget_factories()


def _direct_machines(stack: MotoStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead state machines straight to our handlers, without waiting between attempts."""
    monkeypatch.setattr(lambda_eval_utils, "boto_client_for", lambda **_: _Lambda(stack))
    monkeypatch.setattr(retrier_decl, "time", _NoTime)
    monkeypatch.setattr(ExecutionWorker, "start", _starting(ExecutionWorker.start))
    monkeypatch.setattr(ExecutionWorker, "stop", _stopping(ExecutionWorker.stop))


def forget_factories() -> None:
    """Empty every cached factory of the product, as a cold start would."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("functions.", "shared.")):
            for thing in list(vars(module).values()):
                if callable(getattr(thing, "cache_clear", None)):
                    thing.cache_clear()


def _starting(start: Callable[[Any], None]) -> Callable[[Any], None]:
    """moto's way to start a run, of which it knows nothing until its thread has begun."""

    def until_it_has_begun(worker: Any) -> None:
        start(worker)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while worker.env is None and time.monotonic() < deadline:
            time.sleep(0.001)

    return until_it_has_begun


def _stopping(stop: Callable[..., None]) -> Callable[..., None]:
    """moto's way to stop a run, which fails on one that has not got as far as its first state, and
    is not heard by one that waits for its token: that one is told here."""

    def once_it_runs(worker: Any, *arguments: Any, **named: Any) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while worker.env is None and time.monotonic() < deadline:
            time.sleep(0.001)
        stop(worker, *arguments, **named)
        for token, waiting in list(worker.env.callback_pool_manager._pool.items()):
            waiting.notify(CallbackOutcomeFailure(token, "Stopped", None))

    return once_it_runs


class _Copying:
    """Stands where moto copies whole tables, streams included, before each transaction.

    A test of a few hundred transactions would spend its minutes there, so only the partitions that
    a transaction touches are copied; it is put back as moto does. All calls of DynamoDB take turns.
    """

    def __init__(self) -> None:
        self._touched: set[str] = set()

    def watching(self, write: Callable[..., None]) -> Callable[..., None]:
        def noting(backend: Any, transact_items: Any) -> None:
            requests = [request for item in transact_items for request in item.values()]
            keys = [request.get("Item") or request["Key"] for request in requests]
            # Only the table of idempotency keys has another partition key.
            self._touched = {(key.get("pk") or key["id"])["S"] for key in keys}
            write(backend, transact_items)

        return noting

    def deepcopy(self, thing: Any) -> Any:
        if not isinstance(thing, Table):
            return copy.deepcopy(thing)
        backup = copy.copy(thing)
        backup.items = copy.copy(thing.items)
        for key, partition in thing.items.items():
            if key.value in self._touched:
                backup.items[key] = copy.deepcopy(partition)
        return backup


def _plainly(serialize: Callable[..., None]) -> Callable[..., None]:
    """moto's way to answer an attribute: it would look for each type there is, under many names."""

    def structure(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and isinstance(value, dict) and value.keys() <= PLAIN:
            serialized[key] = value
        else:
            serialize(serializer, serialized, value, shape, key)

    return structure


class _Lambda:
    """Stands where moto's machines make their client of Lambda."""

    def __init__(self, stack: MotoStack) -> None:
        self._stack = stack

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        answer, is_error = self._stack.answer_step_functions(FunctionName, Payload)
        failed = {"FunctionError": "Unhandled"} if is_error else {}
        return {
            "StatusCode": 200, "Payload": io.BytesIO(json.dumps(answer).encode()), **failed
        }  # fmt: skip


class _NoTime:
    """Stands where moto's retries sleep."""

    @staticmethod
    def sleep(_seconds: float) -> None:
        time.sleep(0.001)
