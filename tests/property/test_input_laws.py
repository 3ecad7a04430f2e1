"""No text that a template yields makes the engine die: a task fails of it, or works, in one run.

What a turn would write goes through the limits of DynamoDB, whose refusal would kill it.
"""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from shared.executions.models import Execution, Status
from shared.flows.compilation import inspect_text
from shared.flows.items import flow_item
from shared.flows.language.definition import FlowDefinition
from shared.flows.models import Envelope
from shared.flows.plans.compiler import compile_plan
from shared.people.approvals.gate import GateTask
from shared.people.approvals.models import Approval, Decision
from tests.support.approvals import InMemoryApprovals
from tests.support.executions.bench import Bench
from tests.support.flows import a_flow
from tests.support.limited import LimitedTables
from tests.support.subflows import KeysOnly, subflows_of
from tests.support.template import Template
from tests.support.written_tasks import TEXT, Task, named, tasks_of_all_types

LETTERS = {"ascii": "x", "two-bytes": "ü", "four-bytes": "🌊"}
SIZES = (1, 64, 1_100, 70_000, 600_000)
PARTS = 4
"""Inputs take 200 KB: each text is put together of four, but for the shortest."""
CASES = [
    pytest.param(letter, size, id=f"{size}-{name}")
    for size in SIZES
    for name, letter in LETTERS.items()
    if size >= PARTS * 4 or name == "ascii"
]
OTHER_KINDS: list[Any] = [
    None,
    True,
    -1,
    10**300,
    1.5,
    "",
    [],
    [1],
    ["x", {"k": None}],
    {},
    {"k": 1},
    {"after": [], "to": {}},
]
ALONE: Task = {"dependsOn": [], "allowFailure": True}
PLAIN: Task = {"type": "util.uuid"}
FIELDS: list[Task] = [{**PLAIN, "when": TEXT}, {**PLAIN, "timeout": TEXT}]
CHILD = a_flow(name="child", inputs=[{"name": "k", "type": "STRING", "required": False}])
MOST_TURNS = 50
WHOLE: dict[str, dict[str, Any]] = {
    "outputs": {"outputs": {"text": TEXT}},
    "timeout": {"timeout": TEXT},
}
"""Fields of a flow that hold a template."""


def flow_of(tasks: list[Task], value: Any = "{{ inputs.t }}", **fields: Any) -> dict[str, Any]:
    return {
        "name": "f",
        "inputs": [{"name": "t", "type": "STRING"}],
        "variables": {"text": value},
        "tasks": named([{**task, **ALONE} for task in tasks], count()),
        **fields,
    }


class FlowsTable(KeysOnly):
    """A table of one flow, which refuses the keys that DynamoDB would."""

    def __init__(self, tables: LimitedTables) -> None:
        super().__init__()
        self._tables = tables
        flow = flow_item("default", CHILD)
        name = {"flowId": CHILD.id}
        self._items = {(flow["pk"], flow["sk"]): flow}
        self._items["default#flow-names", "default/child"] = name

    def get_item(self, *, Key: dict[str, str], **how: Any) -> dict[str, Any]:  # noqa: N803 - AWS's names
        super().get_item(Key=Key, **how)
        self._tables.check_key("FlowsTable", Key)
        found = self._items.get((Key["pk"], Key["sk"]))
        return {"Item": found} if found else {}


class Reader(Bench):
    """A run of a flow that reads one text wherever it can; people approve what they are asked."""

    def __init__(self, flow: dict[str, Any], text: str, tables: LimitedTables) -> None:
        plan = compile_plan(FlowDefinition.model_validate(flow))
        self.approvals = InMemoryApprovals()
        super().__init__(plan, None, {"flow.gate": GateTask(self.approvals)}, inputs={"t": text})
        self.externals["flow.subflow"] = subflows_of(self.store, plan, FlowsTable(tables))

    def to_the_end(self) -> Execution:
        for _ in range(MOST_TURNS):
            answer = self.turn()
            if self.now.status.is_terminal:
                return self.now
            if answer == "park":
                self._approve()
                self._end_children()
            self.ahead += self.pause
        raise AssertionError(f"no end after {MOST_TURNS} turns")

    def asked(self) -> list[Approval]:
        return self.approvals.all

    def children(self) -> list[Execution]:
        return [each for each in self.store.executions.values() if each.id != self.execution.id]

    def _approve(self) -> None:
        for approval in self.approvals.all:
            if approval.is_pending:
                now = datetime.now(UTC)
                decided = approval.decided(Decision.APPROVED, by="ana", at=now, comment=None)
                self.approvals.replace(decided)

    def _end_children(self) -> None:
        for child in self.children():
            ended = {"status": Status.SUCCESS, "outputs": {"said": child.inputs}}
            self.store.executions[child.tenant, child.id] = child.model_copy(update=ended)


@pytest.fixture(scope="module")
def tables(template: Template) -> LimitedTables:
    return LimitedTables(template)


@pytest.mark.parametrize("part", ["properties", *WHOLE])
@pytest.mark.parametrize(("letter", "size"), CASES)
def test_no_text_makes_the_engine_die(
    part: str, letter: str, size: int, tables: LimitedTables
) -> None:
    tasks = [*tasks_of_all_types(), *FIELDS] if part == "properties" else [PLAIN]
    parts = PARTS if size > 1 else 1
    text = letter * (size // parts // len(letter.encode()))
    bench = Reader(flow_of(tasks, "{{ inputs.t }}" * parts, **WHOLE.get(part, {})), text, tables)

    check(bench, tables)


@pytest.mark.parametrize("value", OTHER_KINDS, ids=lambda value: str(value)[:20])
def test_no_value_of_another_kind_does_either(value: Any, tables: LimitedTables) -> None:
    check(Reader(flow_of([*tasks_of_all_types(), *FIELDS], value), "", tables), tables)


def check(bench: Reader, tables: LimitedTables) -> None:
    """Run an execution to its end, in one run, and hold all that it wrote against the limits."""
    ended = bench.to_the_end()

    assert ended.generation == 1
    tables.check_execution(ended)
    for child in bench.children():
        tables.check_execution(child)
    for run in bench.store.written:
        tables.check_run(ended, run)
        assert run.error is None or run.error.code != "engine_error"
    for approval in bench.asked():
        tables.check_approval(approval)


def test_the_law_reads_the_text_wherever_a_flow_may() -> None:
    flow = flow_of([*tasks_of_all_types(), *FIELDS], **WHOLE["outputs"])

    findings = inspect_text(json.dumps(flow), Envelope())

    assert (findings.errors, findings.unsupported) == ((), ())
    assert {task["type"] for task in flow["tasks"]} >= {"flow.gate", "http.request", "core.set"}
