"""Large flows: how long they take to compile, that they run, and how long a history they leave."""

import time
from dataclasses import dataclass
from statistics import median

from benchmarks.counting import history, quiet_stack
from benchmarks.flows import WAIT, chain, loop, wide
from shared.flows.plans.compiler import compile_plan
from shared.flows.validation.validator import check_flow

MAX_HISTORY = 25_000
"""Events that Step Functions keeps of one run."""
ROUNDS = 5
FLOWS = {
    "500 tasks in a row": chain(500),
    "12 waits of 2 s side by side": wide(12, 2),
    "5,000 items, one at a time": loop(5_000, 1),
    "1,000 items, all at once": loop(1_000, 0),
    "200 waits of 2 s, 20 at once": loop(200, 20, WAIT),
}


@dataclass(frozen=True)
class Large:
    """One execution on moto; seconds of the machine that measures, which says little of AWS."""

    flow: str
    compile_seconds: float
    status: str
    run_seconds: float
    events: int
    transitions: int
    invocations: int


def large() -> list[Large]:
    return [_run(name, text) for name, text in FLOWS.items()]


def compile_seconds(text: str) -> float:
    """Return the processor seconds from the text to the plan, the median of a few."""
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        definition = check_flow(text).definition
        assert definition  # noqa: S101 - the flows of this folder are valid
        compile_plan(definition)
        taken.append(time.process_time() - started)
    return median(taken)


def _run(name: str, text: str) -> Large:
    with quiet_stack() as stack:
        flow = stack.api("POST", "/api/v1/flows", {"yamlContent": text}).body
        answer = stack.api("POST", f"/api/v1/flows/{flow['id']}/execute")
        execution_id = answer.body["executionId"]
        stack.wait_until(
            lambda: all(run["status"] != "RUNNING" for run in stack.runs()), seconds=1_800
        )
        path = f"/api/v1/executions/{execution_id}"
        execution = stack.api("GET", path).body["execution"]
        events = [event["type"] for run in stack.runs() for event in history(run)]
        return Large(
            flow=name,
            compile_seconds=compile_seconds(text),
            status=execution["status"],
            run_seconds=execution["durationMs"] / 1000,
            events=len(events),
            transitions=sum(each.endswith("StateEntered") for each in events),
            invocations=stack.invocations["runner"],
        )
