"""Compares an ended execution, row by row, with what the reference makes of its flow."""

import json
from typing import Any

from shared.executions.listing import task_runs
from shared.executions.models import Execution, Status, TaskRun
from shared.executions.nodes import node_key
from shared.flows.definition import FlowDefinition
from shared.flows.plan import Plan
from shared.flows.validation import check_flow
from tests.support.reference import Reference


def definition_of(written: Any) -> FlowDefinition:
    checked = check_flow(json.dumps(written))
    assert checked.errors == ()
    assert checked.unsupported == ()
    assert checked.definition
    return checked.definition


def check(definition: FlowDefinition, plan: Plan, ended: Execution, runs: Any) -> None:
    """An ended execution is what the reference makes of its flow."""
    expected = Reference(definition)
    listed = {
        node_key(run.task_name, run.iteration or ""): run for run in task_runs(plan, ended, runs)
    }
    assert {key: run.status.value for key, run in listed.items()} == {
        key: seen.status for key, seen in expected.seen.items()
    }
    decided = {key: seen for key, seen in expected.seen.items() if seen.is_decided}
    assert set(runs) == set(decided)
    assert {key: run.attempt for key, run in listed.items() if key in decided} == {
        key: seen.attempts for key, seen in decided.items()
    }
    for key, seen in decided.items():
        assert (key, without_times(outputs_of(listed[key]))) == (key, without_times(seen.outputs))
    assert ended.tasks_executed == expected.executed
    assert ended.status is (Status.FAILED if expected.causes else Status.SUCCESS)
    if expected.causes:
        assert ended.error
        assert ended.error.task_name in expected.causes
    else:
        assert ended.outputs == expected.outputs


def outputs_of(run: TaskRun) -> Any:
    return json.loads(run.outputs) if run.outputs else {}


def without_times(outputs: Any) -> Any:
    """How long a wait took is nothing that the reference knows."""
    if isinstance(outputs, list):
        return [without_times(each) for each in outputs]
    if not isinstance(outputs, dict):
        return outputs
    return {name: without_times(each) for name, each in outputs.items() if name != "waitedMs"}
