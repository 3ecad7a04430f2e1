"""Compares an ended execution, row by row, with what the reference makes of its flow."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from shared.executions.models import Execution, Status
from shared.executions.scheduling.container_attempts import latest_runs
from shared.executions.scheduling.task_tree import TaskTree
from shared.executions.task_runs import TaskRun, node_key
from shared.executions.views.task_list import task_runs
from shared.expressions import Scope, render_tree
from shared.flows.language.definition import FlowDefinition
from shared.flows.plans.plan import Plan
from shared.flows.validation.validator import check_flow
from shared.plugins.sdk.plugin import PluginError
from tests.support.plugins import NOW, attempt_of
from tests.support.reference import Reference, Seen

VOLATILE = {"waitedMs", "approvalId", "decidedBy", "decidedAt", "comment"}
VOLATILE |= {"taskName", "code", "message"}
"""Outputs that a reference without time and people cannot know, nor which failure comes first."""


def asked(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """What becomes of a random flow's gate."""
    expired = {"reject": "no", "approve": "yes", "fail": "late"}[
        properties.get("onTimeout", "reject")
    ]
    answer = expired if properties["message"] == "late" else properties["message"]
    if answer == "late":
        raise PluginError("nobody decided", code="timeout", outputs={"decision": None})
    if answer == "no":
        raise PluginError("rejected", code="rejected", outputs={"decision": "rejected"})
    return {"decision": "approved"}


def unanswered(_properties: Mapping[str, Any]) -> Mapping[str, Any]:
    raise PluginError("no answer", code="timeout")


SKIPS = {"SKIPPED", "BLOCKED"}
CALLS: Any = {
    "flow.gate": asked, "flow.wait": lambda _properties: {}, "http.request": unanswered
}  # fmt: skip


def definition_of(written: Any) -> FlowDefinition:
    checked = check_flow(json.dumps(written))
    assert checked.errors == ()
    assert checked.unsupported == ()
    assert checked.definition
    return checked.definition


def expectation(plan: Plan) -> Reference:
    return Reference(plan, partial(attempt_of, calls=CALLS))


def check(plan: Plan, ended: Execution, runs: Any) -> None:
    """An ended execution is what the reference makes of its flow."""
    expected = expectation(plan)
    listed = {
        node_key(run.task_name, run.iteration or ""): run for run in task_runs(plan, ended, runs)
    }
    assert set(latest_runs(TaskTree(plan), runs)) == set(expected.seen)
    for key, run in listed.items():
        seen = expected.seen.get(key, Seen("SKIPPED", {}))
        assert (key, status_of(run), run.attempt) == (key, seen.status, seen.attempts)
        assert (key, without_volatile(outputs_of(run))) == (key, without_volatile(seen.outputs))
    assert {run.task_name for run in listed.values()} == {task.task.name for task in plan.tasks}
    assert ended.attempt == expected.roots["execution"]["attempt"]
    assert ended.tasks_executed == executed(plan, expected.seen)
    causes = expected.failed or expected.failed_late
    assert ended.status is (Status.FAILED if causes else Status.SUCCESS)
    if causes:
        assert ended.error
        assert ended.error.task_name in causes
    else:
        scope = Scope(expected.roots, "", NOW)
        assert ended.outputs == render_tree(plan.outputs, scope, "")


def executed(plan: Plan, seen: Mapping[str, Seen]) -> int:
    main = {planned.task.name for planned in plan.tasks if planned.section == "main"}
    ran = {key.partition("#")[0] for key, each in seen.items() if each.status not in SKIPS}
    return len(main & ran)


def status_of(run: TaskRun) -> str:
    """As a reference has it."""
    return "BLOCKED" if run.blocked else run.status.value


def outputs_of(run: TaskRun) -> Any:
    return json.loads(run.outputs) if run.outputs else {}


def without_volatile(outputs: Any) -> Any:
    if isinstance(outputs, list):
        return [without_volatile(each) for each in outputs]
    if not isinstance(outputs, dict):
        return outputs
    return {name: without_volatile(each) for name, each in outputs.items() if name not in VOLATILE}
