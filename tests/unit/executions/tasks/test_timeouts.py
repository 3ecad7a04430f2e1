"""Time-outs of tasks."""

import pytest

from shared.executions.models import Status
from tests.support.executions.bench import Abandoned, Bench, error_of
from tests.support.plans import plan_of, task
from tests.support.slow_plugins import Lingering, stuck


@pytest.mark.timing
def test_a_task_past_its_time_out_is_timed_out_while_its_neighbour_goes_on():
    plan = plan_of(
        task("slow", type="t.slow", dependsOn=[], timeout=0.2),
        task("quick", dependsOn=[], properties={"values": {}}),
        task("behind", dependsOn=["slow"], properties={"values": {}}),
    )
    bench = Bench(plan, {"t.slow": Lingering("slow")})

    assert bench.turn() == "done"

    assert bench.statuses() == {"slow": "TIMED_OUT", "quick": "SUCCESS", "behind": "SKIPPED"}
    assert error_of(bench, "slow") == ("timeout", "timed out after 0.2 s")
    assert bench.now.status is Status.FAILED


@pytest.mark.timing
def test_a_thread_that_outlives_its_time_out_ends_the_process_after_the_record():
    with stuck() as run:
        bench = Bench(plan_of(task("a", type="t.slow", timeout=0.1)), {"t.slow": run})
        with pytest.raises(Abandoned):
            bench.turn()

    assert bench.statuses() == {"a": "TIMED_OUT"}
    assert bench.now.status is Status.FAILED
    assert bench.turn(generation=1) == "done"


@pytest.mark.timing
def test_a_time_out_may_be_a_template():
    plan = plan_of(task("a", type="t.slow", timeout="{{ inputs.patience }}ms"))
    bench = Bench(plan, {"t.slow": Lingering("a")}, inputs={"patience": 100})
    bench.turn()

    assert bench.statuses() == {"a": "TIMED_OUT"}


@pytest.mark.parametrize("timeout", ["{{ inputs.nope }}", "{{ 'soon' }}"])
def test_a_time_out_that_makes_no_sense_fails_the_task(timeout: str):
    bench = Bench(plan_of(task("a", timeout=timeout, properties={"values": {}})))
    bench.turn()

    assert bench.statuses() == {"a": "FAILED"}
