"""One attempt of one inline task: decide, render, check, run; a value tells how it went.

Nothing a flow or a plugin does escapes as an exception; a store that cannot be read does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from traceback import extract_tb
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.errors import UnavailableError
from shared.executions.logs import LogBuffer
from shared.executions.mocks import MockedError
from shared.executions.task_runs import Failure, TaskStatus
from shared.executions.tasks.outcomes import Outcome, _kept, failure_of, serialised
from shared.expressions import (
    Scope,
    TemplateError,
    TemplateSyntaxError,
    is_true,
    parse_expression,
    render_tree,
)
from shared.flows.language.definition import TaskDefinition
from shared.json_schema.messages import Violation, join_path
from shared.masking import Masking
from shared.messages import Message
from shared.observability import logger
from shared.plugins.properties import apply_defaults, deferred_properties, validate_properties
from shared.plugins.sdk.plugin import Manifest, Plugin, PluginError, TaskContext


@dataclass(frozen=True)
class Attempt:
    """One attempt to be made; `remaining` tells the seconds left, `mock` what stands for it.

    `reserve` waits until an answer may take so many bytes.
    """

    task: TaskDefinition
    plugin: Plugin | None
    scope: Scope
    tenant: str
    key: str
    remaining: Callable[[], float]
    logs: LogBuffer
    reserve: Callable[[int], None]
    masking: Masking
    mock: Mapping[str, Any] | None = None

    def run(self) -> Outcome:
        """Run the attempt: SKIPPED when the task's condition is false, else SUCCESS or FAILED."""
        try:
            if not self._is_wanted():
                return Outcome(TaskStatus.SKIPPED)
            return self._run_plugin()
        except (TemplateError, TemplateSyntaxError) as error:
            return self._failed(failure_of(error, self.masking))
        except PluginError as error:
            # A plugin that minds its deadline says so itself; the end is the same as being cut off.
            is_late = error.code == "timeout" and self.remaining() <= 0
            status = TaskStatus.TIMED_OUT if is_late else TaskStatus.FAILED
            return self._failed(
                failure_of(error, self.masking), status, outputs=_kept(error.outputs)
            )
        except UnavailableError:
            raise  # not the task's fault: the turn is made again
        except Exception as error:  # noqa: BLE001 - a plugin's bug fails its task, not its execution
            # Its message may hold what the task was given: only the kind and the place are logged.
            logger.error(
                "plugin raised",
                extra={
                    "taskType": self.task.type,
                    "kind": type(error).__name__,
                    "at": _place(error),
                },
            )
            message = f"{self.task.type} failed unexpectedly ({type(error).__name__})"
            return self._failed(Failure(code="plugin_error", message=message))

    def _is_wanted(self) -> bool:
        when = self.task.when
        if isinstance(when, str):
            return is_true(parse_expression(when).evaluate(self.scope, "when"))
        return when is None or when

    def _run_plugin(self) -> Outcome:
        if self.mock is not None:
            text = serialised(mocked_outputs(self.mock))
            return Outcome(TaskStatus.SUCCESS, outputs=text, logs=self.logs.lines())
        if self.plugin is None or self.plugin.run is None:
            message = Message("there is no plugin '{type}'", type=Message.of(self.task.type))
            raise PluginError(message, code="unknown_plugin")
        outputs = self.plugin.run(
            self._properties(self.plugin.manifest),
            TaskContext(
                tenant=self.tenant,
                scope=self.scope,
                log=self.logs.add,
                shown=lambda message: message.shown(self.masking),
                remaining=self.remaining,
                idempotency_key=idempotency_key(self.key),
                reserve=self.reserve,
                mask=self.masking.tree,
            ),
        )
        return Outcome(TaskStatus.SUCCESS, outputs=serialised(outputs), logs=self.logs.lines())

    def _properties(self, manifest: Manifest) -> dict[str, Any]:
        deferred = deferred_properties(manifest)
        rendered = {
            name: value
            if name in deferred
            else render_tree(value, self.scope, f"properties.{name}")
            for name, value in self.task.properties.items()
        }
        complete = apply_defaults(manifest, rendered)
        faults = validate_properties(manifest, complete)
        if faults:
            message = Message.joined("; ", map(_sentence, faults))
            raise PluginError(message, code="invalid_properties")
        return complete

    def _failed(
        self,
        error: Failure,
        status: TaskStatus = TaskStatus.FAILED,
        *,
        outputs: str | None = None,
    ) -> Outcome:
        self.logs.add("ERROR", error.message)
        return Outcome(status, outputs=outputs, error=error, logs=self.logs.lines())


def _sentence(fault: Violation) -> Message:
    path = join_path(("properties", *fault.path))
    return Message("{path}: {why}", path=path, why=fault.message)


def mocked_outputs(mock: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the outputs that a mock stands for; PluginError if it is one that fails."""
    if set(mock) != {"error"}:
        return mock
    error = MockedError.model_validate(mock["error"])
    raise PluginError(error.message, code=error.code, status_code=error.statusCode)


def idempotency_key(key: str) -> str:
    """Return the key a task offers to the service it calls: the same for every try.

    `key` names the task: execution, name, iteration.
    """
    return str(uuid5(NAMESPACE_URL, f"headrace:{key}"))


def _place(error: Exception) -> str:
    frame = extract_tb(error.__traceback__)[-1]
    return f"{frame.name}:{frame.lineno}"
