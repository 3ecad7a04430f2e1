"""The check of a flow's text: all that is wrong with it at once, each with its place."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial

from shared.errors import Problem
from shared.flows.language.definition import FlowDefinition
from shared.flows.source.reader import read_source
from shared.flows.source.report import Report, Spot, root_spot
from shared.flows.validation.cycles import check_cycles, check_dependencies, check_variables
from shared.flows.validation.flow import Envelope, WrittenFlow, read_flow
from shared.flows.validation.members import Members, input_members, tested_around
from shared.flows.validation.properties import PropertyRules
from shared.flows.validation.support import check_support
from shared.flows.validation.tasks import WrittenTask
from shared.flows.validation.templates import (
    BEFORE_START,
    FLOW,
    OUTPUTS,
    VARIABLES,
    TemplateRules,
    Variables,
    deferred_locals,
    inside,
    place_of,
)
from shared.flows.validation.triggers import check_trigger_templates
from shared.json_text import kind
from shared.plugins.sdk.items import may_be_field


@dataclass(frozen=True)
class Checked:
    """The outcome of a check, problems in the order of the text.

    `definition` is there when nothing is wrong. `unsupported` names what is right but cannot be run
    yet; it does not spoil the definition.
    """

    definition: FlowDefinition | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    unsupported: tuple[Problem, ...]


SharedVariables = Callable[[str], AbstractSet[str]]
"""The function that gives the names of a namespace's variables."""


def _none_known(_namespace: str, _name: str) -> bool:
    return False


def _none_shared(_namespace: str) -> AbstractSet[str]:
    return frozenset()


def check_flow(
    text: str | bytes,
    *,
    name: str | None = None,
    namespace: str | None = None,
    known_credential: Callable[[str, str], bool] = _none_known,
    shared_variables: SharedVariables = _none_shared,
) -> Checked:
    """Check the text of a flow, YAML or JSON; never raises, whatever the text is.

    `name` and `namespace` are the request's, which win over the text's. `known_credential` tells
    whether a name in `${NAME}` is stored for a namespace: one that is not is a warning.
    `shared_variables` gives the names that a namespace has; it is asked for a flow that reads what
    is not its own.
    """
    source = read_source(text)
    report = Report(source)
    if source.root is None and not source.problems:
        empty = 'the text is empty; a flow is a map with "name" and "tasks"'
        report.add("error", Problem(path="", message=empty, line=1, column=1))
    definition = None
    if source.root is not None:
        root = root_spot(source.root, report)
        if source.root.entries is None:
            root.refuse(f"a flow is a map, not {kind(root.value)}")
        else:
            flow = read_flow(root, Envelope(name, namespace))
            _check(flow, known_credential, shared_variables)
            definition = flow.definition
    errors = report.problems("error")
    return Checked(
        None if errors else definition,
        errors,
        report.problems("warning"),
        report.problems("unsupported"),
    )


def _check(
    flow: WrittenFlow,
    known_credential: Callable[[str, str], bool],
    shared_variables: SharedVariables,
) -> None:
    by_name = _names(flow.tasks.written)
    members = Members(input_members(flow.root), by_name)
    variables = Variables(
        flow.definition.variables.keys(), lambda: shared_variables(flow.definition.namespace)
    )
    known = partial(known_credential, flow.definition.namespace)
    rules = TemplateRules(members, variables, known)
    _check_flow_templates(flow.root, rules)
    if flow.definition.variables:  # none if there are too many to check
        _check_variables(flow.root.entry("variables"), rules)
    properties = PropertyRules()
    for task in flow.tasks.written:
        if not flow.tasks.defaults.is_over:
            properties.check(task)
        _check_task_templates(task, rules)
        if not flow.tasks.is_over:
            check_dependencies(task, by_name)
    check_cycles(flow.tasks, by_name, rules.read_at)
    check_support(flow.root, flow.tasks.written)


def _names(tasks: list[WrittenTask]) -> dict[str, WrittenTask]:
    first: dict[str, WrittenTask] = {}
    for task in tasks:
        name = task.definition.name
        if name in first:
            place = task.spot.entry("name") or task.spot
            place.refuse(f'duplicate task name "{name}", first at {first[name].spot.path}')
        else:
            first[name] = task
    return first


def _check_flow_templates(root: Spot, rules: TemplateRules) -> None:
    for key, place in (("outputs", OUTPUTS), ("timeout", FLOW)):
        if child := root.entry(key):
            rules.check_tree(child, place)
    concurrency = root.entry("concurrency")
    if concurrency and (key_spot := concurrency.entry("key")):
        rules.check_expression(key_spot, BEFORE_START)
    check_trigger_templates(root.entry("triggers"), rules)


def _check_variables(spot: Spot | None, rules: TemplateRules) -> None:
    if spot is not None:
        rules.check_tree(spot, VARIABLES)
    check_variables(spot)


def _check_task_templates(task: WrittenTask, rules: TemplateRules) -> None:
    place = place_of(task, tested_around(task, rules.tasks))
    if when := task.spot.entry("when"):
        rules.check_expression(when, place)
    if timeout := task.spot.entry("timeout"):
        rules.check_tree(timeout, place)
    deferred = deferred_locals(task.plugin)
    for name, spot in task.properties.items():
        if name not in deferred:
            rules.check_tree(spot, place)
        elif not (name == "by" and isinstance(spot.value, str) and may_be_field(spot.value)):
            is_over = name in ("collect", "until")
            at = inside(place, task.definition.type) if is_over else place
            rules.check_deferred(spot, at, deferred[name])
