"""Running one plugin on its own, as the runner would."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from shared.expressions import Scope, TemplateError, is_true, parse_expression, render_tree
from shared.flows.language.definition import TaskDefinition
from shared.messages import Message
from shared.plugins.properties import apply_defaults, validate_properties
from shared.plugins.registry import find
from shared.plugins.sdk.plugin import Plugin, PluginError, TaskContext

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


def forever() -> float:
    return 3600.0


@dataclass
class Lines:
    """The log of one task run."""

    written: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, level: str, message: str) -> None:
        self.written.append((level, message))


def task_context(
    *,
    log: Callable[[str, str], None] | None = None,
    remaining: Callable[[], float] = forever,
    seed: str = "execution/task/1",
    **roots: Any,
) -> TaskContext:
    return TaskContext(
        tenant="default",
        scope=Scope(roots=roots, seed=seed, now=NOW),
        log=log or Lines(),
        shown=Message.unmasked,
        remaining=remaining,
        idempotency_key="attempt-key",
    )


def run_plugin(
    plugin: str | Plugin, properties: Mapping[str, Any], context: TaskContext | None = None
) -> Mapping[str, Any]:
    """Fill in defaults, check the properties, run; wrong properties are a PluginError too."""
    found = find(plugin) if isinstance(plugin, str) else plugin
    assert found is not None
    assert found.run is not None
    complete = apply_defaults(found.manifest, properties)
    problems = validate_properties(found.manifest, complete)
    if problems:
        raise PluginError(problems[0].message, code="invalid_properties")
    return found.run(complete, context or task_context())


Calls = Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]
CONTAINERS = frozenset({"flow.if", "flow.switch", "flow.parallel", "flow.foreach", "flow.loop"})


def attempt_of(
    task: TaskDefinition, roots: Mapping[str, Any], calls: Calls
) -> tuple[str, Any, bool]:
    """One attempt of one task: its status, its outputs, and whether another would end the same.

    A container that may run is ENTERED, with its properties for outputs, a condition judged.
    `calls` stand for plugins.
    """
    scope = Scope(roots, "", NOW)
    try:
        when = task.when
        if not is_true(
            parse_expression(when).evaluate(scope)
            if isinstance(when, str)
            else when is None or when
        ):
            return "SKIPPED", {}, True
        properties = render_tree(task.properties, scope, "")
        if "condition" in properties:
            properties["condition"] = is_true(properties["condition"])
        if task.type in CONTAINERS:
            return "ENTERED", properties, False
        call = calls.get(task.type) or partial(run_plugin, task.type)
        return "SUCCESS", dict(call(properties)), True
    except TemplateError:
        return "FAILED", {}, True
    except PluginError as error:
        return "TIMED_OUT" if error.code == "timeout" else "FAILED", error.outputs, False
