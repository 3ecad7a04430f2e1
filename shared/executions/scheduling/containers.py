"""The decisions of containers: the state on entering one, the outputs on leaving it."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.executions.scheduling.container_state import ContainerState
from shared.executions.scheduling.foreach_outputs import Inside, foreach_outputs, runs_in
from shared.executions.scheduling.nodes import TaskInstance, inner_iteration
from shared.executions.scheduling.round_properties import read_rounds
from shared.executions.scheduling.rounds import Rounds
from shared.executions.scheduling.scheduler import Scheduler
from shared.expressions import Scope, is_true, parse_expression, render_tree
from shared.json_text import Json, key_text, kind, whole_number
from shared.messages import Message
from shared.plugins.sdk.plugin import PluginError

MAX_ITEMS = 10_000

Outputs = dict[str, Json]


def enter(instance: TaskInstance, scope: Scope) -> ContainerState:
    """Decide what runs inside a container; the same whenever it is asked again.

    Raises TemplateError, TemplateSyntaxError, or PluginError for what is no list.
    """
    properties = instance.planned.task.properties
    return _ENTER[instance.planned.task.type](properties, scope)


def _enter_if(properties: Mapping[str, Any], scope: Scope) -> ContainerState:
    condition = properties["condition"]
    if isinstance(condition, str):
        condition = parse_expression(condition).evaluate(scope, "properties.condition")
    return ContainerState(branch="then" if is_true(condition) else "else")


def _enter_switch(properties: Mapping[str, Any], scope: Scope) -> ContainerState:
    value = render_tree(properties["value"], scope, "properties.value")
    return ContainerState(branch=f"cases.{key_text(value)}")


def _enter_parallel(properties: Mapping[str, Any], scope: Scope) -> ContainerState:
    return ContainerState(branch="tasks", concurrency=_whole(properties, "concurrency", 0, scope))


def _enter_foreach(properties: Mapping[str, Any], scope: Scope) -> ContainerState:
    items = render_tree(properties["items"], scope, "properties.items")
    if isinstance(items, Mapping):
        pairs: list[tuple[str | None, Json]] = list(items.items())
    elif isinstance(items, list):
        pairs = [(None, item) for item in items]
    else:
        raise PluginError(
            f"items must be a list or a map, not {kind(items)}",
            code="invalid_properties",
        )
    if len(pairs) > MAX_ITEMS:
        raise PluginError(
            f"items has {len(pairs)} items, {MAX_ITEMS} at most", code="invalid_properties"
        )
    return ContainerState(
        items=pairs,
        concurrency=_whole(properties, "concurrency", 1, scope),
        fail_fast=is_true(
            render_tree(properties.get("failFast", True), scope, "properties.failFast")
        ),
    )


def _enter_loop(properties: Mapping[str, Any], scope: Scope) -> ContainerState:
    return ContainerState(branch="tasks", rounds=read_rounds(properties, scope))


_ENTER: Mapping[str, Callable[[Mapping[str, Any], Scope], ContainerState]] = {
    "flow.if": _enter_if,
    "flow.switch": _enter_switch,
    "flow.parallel": _enter_parallel,
    "flow.foreach": _enter_foreach,
    "flow.loop": _enter_loop,
}
CONTAINERS = frozenset(_ENTER)


def taken(scheduler: Scheduler, instance: TaskInstance, entered: ContainerState) -> ContainerState:
    """Return the state with the branch that the flow has: a switch may take `default`, or none."""
    if entered.items is not None or entered.branch in set(scheduler.branches(instance.name)):
        return entered
    is_switch = instance.planned.task.type == "flow.switch"
    has_default = is_switch and "default" in set(scheduler.branches(instance.name))
    entered.branch = "default" if has_default else None
    return entered


def leave(scheduler: Scheduler, instance: TaskInstance, scope: Scope, inside: Inside) -> Outputs:
    """Return a container's outputs once all in it is settled."""
    entered = scheduler.entered[instance.key]
    kind = instance.planned.task.type
    if kind == "flow.if":
        return _if_outputs(instance, entered, scope)
    if kind == "flow.switch":
        value = render_tree(instance.planned.task.properties["value"], scope, "properties.value")
        branch = (entered.branch or "none").removeprefix("cases.")
        return {"value": value, "branch": branch}
    if entered.rounds is not None:
        return _loop_outputs(scheduler, instance, entered.rounds, inside)
    if entered.items is not None:
        return foreach_outputs(scheduler, instance, entered, inside)
    return {"count": len(scheduler.list_of(instance.name, "tasks"))}


def _if_outputs(instance: TaskInstance, entered: ContainerState, scope: Scope) -> Outputs:
    result = _enter_if(instance.planned.task.properties, scope).branch == "then"
    return {"result": result, "branch": entered.branch or "none"}


def _loop_outputs(
    scheduler: Scheduler, instance: TaskInstance, rounds: Rounds, inside: Inside
) -> Outputs:
    iteration = inner_iteration(instance.iteration, rounds.index)
    names = (planned.task.name for planned in scheduler.inner(instance.name))
    runs = runs_in(scheduler, names, iteration)
    return {
        "rounds": rounds.index + 1,
        "exhausted": rounds.is_exhausted,
        "outputs": {name: inside.outputs(run) for name, run in runs.items()},
    }


def _whole(properties: Mapping[str, Any], name: str, default: int, scope: Scope) -> int:
    value = render_tree(properties.get(name, default), scope, f"properties.{name}")
    number = whole_number(value)
    if number is None or number < 0:
        message = Message("{name} must be a whole number from 0", name=Message.of(name))
        raise PluginError(message, code="invalid_properties")
    return number
