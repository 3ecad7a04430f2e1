"""The task types of the built-in flows: they choose executions, act on a batch, and add up.

They stand in no catalog and in no flow of a user: only the plans of `shared.flows.plans.built_in`
name them. A batch may be tried again as a whole: what was done is found done.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import (
    ExecutionFinishedError,
    ExecutionNotFoundError,
    ExecutionNotRetryableError,
    IdempotencyKeyReusedError,
    PlatformError,
    UnavailableError,
)
from shared.executions.bulk.selection import EVERYTHING, BulkFilter, Selector, selector
from shared.executions.lifecycle.cancel import Canceller, canceller
from shared.executions.lifecycle.retry import RetryRequest, RetryService, retry_service
from shared.executions.models import Execution
from shared.executions.store.repository import ExecutionRepository, execution_repository
from shared.messages import Message
from shared.plugins.sdk.plugin import Manifest, Plugin, PluginError, TaskContext

BATCH = 25
"""The executions of one task run: few enough for a minute, enough to keep the rows few."""
MAX_EXECUTIONS = 100_000
"""The most executions of one bulk operation; it says so when there are more."""

Outputs = dict[str, Any]


@dataclass(frozen=True)
class BulkPlugins:
    selector: Selector
    executions: ExecutionRepository
    canceller: Canceller
    retries: RetryService

    def find(self, plugin_id: str) -> Plugin | None:
        run = {
            "executions.open": self._choose_open,
            "executions.failed": self._choose_failed,
            "executions.cancel": self._cancel,
            "executions.retry": self._retry,
            "executions.report": report,
        }.get(plugin_id)
        return run and Plugin(_manifest(plugin_id), run=run)

    def _choose_open(self, properties: Mapping[str, Any], context: TaskContext) -> Outputs:
        return _chosen(self.selector.open, properties, context)

    def _choose_failed(self, properties: Mapping[str, Any], context: TaskContext) -> Outputs:
        return _chosen(self.selector.retryable, properties, context)

    def _cancel(self, properties: Mapping[str, Any], context: TaskContext) -> Outputs:
        def cancel(execution_id: str) -> Outputs:
            self.canceller.cancel(context.tenant, execution_id)
            return {}

        return _each(_batch(properties, context), cancel, context)

    def _retry(self, properties: Mapping[str, Any], context: TaskContext) -> Outputs:
        bulk = self.executions.find(context.tenant, _own_id(context))
        assert bulk  # noqa: S101 - a task of it is running

        def retry(execution_id: str) -> Outputs:
            request = _retry_request(bulk, execution_id, properties)
            return {"retriedAs": self.retries.retry(request).execution.id}

        return _each(_batch(properties, context), retry, context)


def _retry_request(bulk: Execution, execution_id: str, how: Mapping[str, Any]) -> RetryRequest:
    """Return the same claim whoever asks: two bulk operations at once retry an execution once."""
    return RetryRequest(
        tenant=bulk.tenant,
        path=f"bulk-retry/{execution_id}",
        execution_id=execution_id,
        body=None,
        key="once",
        created_by=bulk.created_by,
        request_id=bulk.request_id,
        is_latest=bool(how["latest"]),
        is_full=bool(how["full"]),
    )


def _chosen(
    choose: Callable[[str, BulkFilter, str], list[str]],
    properties: Mapping[str, Any],
    context: TaskContext,
) -> Outputs:
    chosen = BulkFilter.model_validate(properties["filter"])
    with _tried_again_when_busy():
        ids = choose(context.tenant, chosen, properties.get("upTo", EVERYTHING))
    taken = ids[:MAX_EXECUTIONS]
    batches = [taken[start : start + BATCH] for start in range(0, len(taken), BATCH)]
    context.log("INFO", f"{len(ids)} executions match")
    return {"matched": len(ids), "left": len(ids) - len(taken), "batches": batches}


def _each(ids: Sequence[str], act: Callable[[str], Outputs], context: TaskContext) -> Outputs:
    """Act on each id of a batch; skip what is over already, and go on after a refusal."""
    done: list[Outputs] = []
    skipped: list[str] = []
    failed: list[Outputs] = []
    for execution_id in ids:
        try:
            with _tried_again_when_busy():
                done.append({"executionId": execution_id, **act(execution_id)})
        except _OVER:
            skipped.append(execution_id)
        except PlatformError as error:
            context.log("ERROR", f"{execution_id}: {error.detail}")
            why = {"code": error.code, "message": error.detail}
            failed.append({"executionId": execution_id, **why})
    return {"done": done, "skipped": skipped, "failed": failed}


_OVER = (
    ExecutionFinishedError,
    ExecutionNotFoundError,
    ExecutionNotRetryableError,
    IdempotencyKeyReusedError,
)
"""The refusals of executions that ended meanwhile, expired, or are being retried otherwise."""


@contextmanager
def _tried_again_when_busy() -> Iterator[None]:
    """Turn errors of AWS into a PluginError that the task's retry policy repeats."""
    try:
        yield
    except (ClientError, BotoCoreError, UnavailableError) as error:
        raise PluginError("the platform is busy", code="unavailable") from error


def report(properties: Mapping[str, Any], context: TaskContext) -> Outputs:
    """Add up what the batches say; PluginError when something is left to do."""
    chosen_by: Mapping[str, str] = properties["chosenBy"]
    batches = [
        outputs
        for loop in chosen_by
        for iteration in _outputs(context, loop)["results"]
        for outputs in iteration.values()
    ]
    choices = [_outputs(context, choice) for choice in chosen_by.values()]
    matched = sum(choice["matched"] for choice in choices)
    left = sum(choice["left"] for choice in choices)
    parts = ("done", "skipped", "failed")
    counts = {part: sum(len(batch[part]) for batch in batches) for part in parts}
    outputs = {"matched": matched, **counts}
    if counts["failed"] or left:
        message = Message(
            "{failed} of {matched} executions were refused, {left} are left over",
            failed=counts["failed"],
            matched=matched,
            left=left,
        )
        raise PluginError(message, code="bulk_incomplete", outputs=outputs)
    return outputs


def _batch(properties: Mapping[str, Any], context: TaskContext) -> list[str]:
    """Return the ids of one batch of a choice."""
    batches: list[list[str]] = _outputs(context, properties["chosenBy"])["batches"]
    return batches[properties["batch"]]


def _outputs(context: TaskContext, name: str) -> Mapping[str, Any]:
    """Return the outputs of an earlier task, past the size limit of a template's result."""
    outputs: Mapping[str, Any] = context.scope.roots["outputs"]
    found: Mapping[str, Any] = outputs[name]
    return found


def _own_id(context: TaskContext) -> str:
    return str(context.scope.roots["execution"]["id"])


def _manifest(plugin_id: str) -> Manifest:
    """Return a manifest without a schema: its properties are written by the plans alone."""
    return Manifest(
        id=plugin_id,
        name=plugin_id,
        category="core",
        description="A part of bulk operations.",
        input_schema={"type": "object"},
        output_schema={"type": "object"},
    )


@cache
def bulk_plugins(machine_arn: str) -> BulkPlugins:
    return BulkPlugins(
        selector=selector(),
        executions=execution_repository(),
        canceller=canceller(machine_arn),
        retries=retry_service(machine_arn),
    )
