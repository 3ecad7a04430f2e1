"""Whatever the flow, wherever a turn is cut or dies: it comes to what the reference says."""

import json
from collections.abc import Callable, Iterator
from itertools import chain, count, repeat
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from shared.executions.models import Execution
from shared.executions.nodes import node_key
from shared.flows.plan import compile_plan
from tests.support.executions import Abandoned, Bench
from tests.support.outcomes import check, definition_of
from tests.support.random_flows import flows

MOST_TURNS = 2_000
LAWS = settings(max_examples=40, suppress_health_check=list(HealthCheck))


def run_to_the_end(bench: Bench, remaining: Iterator[float]) -> Execution:
    """Turn by turn, whatever dies; waits pass by moving the clock."""
    for _ in range(MOST_TURNS):
        left = next(remaining)
        try:
            answer = bench.turn(generation=bench.now.generation, remaining=lambda: left)  # noqa: B023 - used in this turn only
        except Abandoned:
            continue
        if answer == "done":
            return bench.now
        bench.ahead += bench.pause
    raise AssertionError(f"no end after {MOST_TURNS} turns")


def dying(numbers: set[int], fatal: str) -> Callable[[str], None]:
    """Kills the process at some of the writes, before the store has them or after."""
    writes = count()

    def note_write(moment: str) -> None:
        if moment == fatal and next(writes) in numbers:
            raise Abandoned

    return note_write


@LAWS
@given(flows())
def test_a_flow_comes_to_what_the_reference_says(written: Any) -> None:
    note(json.dumps(written))
    definition = definition_of(written)
    plan = compile_plan(definition)
    bench = Bench(plan)

    ended = run_to_the_end(bench, repeat(900.0))

    check(plan, ended, bench.runs)


@LAWS
@given(
    flows(),
    st.sets(st.integers(0, 40), max_size=12),
    st.sampled_from(["before", "after"]),
    st.lists(st.sampled_from([30.0, 900.0]), max_size=30),
    st.sampled_from(["segment", "task"]),
)
def test_neither_crashes_nor_short_turns_change_what_a_flow_comes_to(
    written: Any, crashes: set[int], fatal: str, remaining: list[float], isolation: str
) -> None:
    note(json.dumps(written))
    definition = definition_of({**written, "isolation": isolation})
    plan = compile_plan(definition)
    bench = Bench(plan)
    bench.store.on_write = dying(crashes, fatal)

    ended = run_to_the_end(bench, chain(remaining, repeat(900.0)))

    check(plan, ended, bench.runs)
    settled = [run for run in bench.store.written if run.status.is_terminal]
    if definition.retry is None:
        keys = [node_key(run.task_name, run.iteration or "") for run in settled]
        assert len(keys) == len(set(keys))
