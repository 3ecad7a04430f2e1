"""Flows that the platform brings itself: what is done to many executions at once runs as these.

Their plans are part of the code: no row holds them, nobody edits them. A plan that executions may
be running never changes; what differs gets the next revision.
"""

from datetime import timedelta

from shared.flows.language.definition import RetryPolicy, TaskDefinition
from shared.flows.plans.plan import Plan, PlanTask, Predecessor
from shared.json_text import Json

BUILT_IN = "00000000-0000-7000-8000-"
"""The prefix of the ids of built-in flows: older than anything `new_id` returns."""
CANCEL_MANY = f"{BUILT_IN}000000000001"
RETRY_MANY = f"{BUILT_IN}000000000002"
CLOSE_FLOW = f"{BUILT_IN}000000000003"
NAMESPACE = "system"
REVISION = 1

STARTS_IN_FLIGHT = timedelta(seconds=35)
"""A start that had read a flow before it was deleted has put its execution by then: functions of
the API live for 29 seconds."""
BATCHES_AT_ONCE = 8
PATIENCE = RetryPolicy(
    max_attempts=8,
    type="exponential",
    delay=timedelta(seconds=2),
    max_delay=timedelta(minutes=2),
    jitter=True,
)
"""The retries for a store or an engine that is busy: a repeated batch finds what it has done."""


def is_built_in(flow_id: str) -> bool:
    return flow_id.startswith(BUILT_IN)


def plan_of(flow_id: str, revision: int) -> Plan:
    """Return the plan of a built-in flow; LookupError when there is none."""
    return _PLANS[flow_id, revision]()


def _cancel_many() -> Plan:
    chosen = {"filter": "{{ inputs.filter }}", "upTo": "{{ execution.id }}"}
    return _plan(
        "cancel-executions",
        _task("choose", "executions.open", chosen),
        *_batches("each", "cancel", {}, chosen_by="choose"),
        _report(each="choose"),
    )


def _retry_many() -> Plan:
    chosen = {"filter": "{{ inputs.filter }}", "upTo": "{{ execution.id }}"}
    how = {"latest": "{{ inputs.latest }}", "full": "{{ inputs.full }}"}
    return _plan(
        "retry-executions",
        _task("choose", "executions.failed", chosen),
        *_batches("each", "retry", how, chosen_by="choose"),
        _report(each="choose"),
    )


def _close_flow() -> Plan:
    """Return a plan of two passes: the second takes what was starting at the flow's deletion."""
    chosen: Json = {"filter": "{{ inputs.filter }}"}
    pause = {"duration": int(STARTS_IN_FLIGHT.total_seconds())}
    return _plan(
        "close-deleted-flow",
        _task("choose", "executions.open", chosen),
        *_batches("each", "cancel", {}, chosen_by="choose"),
        _task("pause", "flow.wait", pause, after="each"),
        _task("chooseLate", "executions.open", chosen, after="pause"),
        *_batches("eachLate", "cancel", {}, chosen_by="chooseLate", suffix="Late"),
        _report(each="choose", eachLate="chooseLate"),
    )


def _plan(name: str, *tasks: PlanTask) -> Plan:
    outputs = {"matched", "done", "skipped", "failed"}
    return Plan(
        name=name,
        namespace=NAMESPACE,
        tasks=tasks,
        outputs={each: f"{{{{ outputs.report.{each} }}}}" for each in sorted(outputs)},
    )


def _task(name: str, kind: str, properties: dict[str, Json], after: str = "") -> PlanTask:
    has_calls = kind.startswith("executions.") and kind != "executions.report"
    return PlanTask(
        task=TaskDefinition(
            name=name, type=kind, properties=properties, retry=PATIENCE if has_calls else None
        ),
        predecessors=(Predecessor(name=after, written=True),) if after else (),
    )


def _batches(
    loop: str, action: str, how: dict[str, Json], *, chosen_by: str, suffix: str = ""
) -> tuple[PlanTask, PlanTask]:
    """Return a loop over batches of ids; a batch that fails holds up no other.

    It goes over their numbers, for all ids together may be more than a template yields.
    """
    items: Json = {
        "items": f"{{{{ range(len(outputs.{chosen_by}.batches)) }}}}",
        "concurrency": BATCHES_AT_ONCE,
        "failFast": False,
    }
    batch: dict[str, Json] = {"chosenBy": chosen_by, "batch": "{{ item }}"}
    inner = _task(f"{action}{suffix}", f"executions.{action}", {**batch, **how})
    return (
        _task(loop, "flow.foreach", items, after=chosen_by),
        inner.model_copy(update={"parent": loop, "branch": "tasks"}),
    )


def _report(**chosen_by: str) -> PlanTask:
    """Return the task that adds up; `chosen_by` names each loop's choice."""
    properties: dict[str, Json] = {"chosenBy": dict(chosen_by)}
    return _task("report", "executions.report", properties, after=list(chosen_by)[-1])


_PLANS = {
    (CANCEL_MANY, 1): _cancel_many,
    (RETRY_MANY, 1): _retry_many,
    (CLOSE_FLOW, 1): _close_flow,
}
