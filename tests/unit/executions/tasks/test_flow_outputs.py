"""Outputs of a whole flow: rendered at its end, bounded."""

from shared.executions.models import Status
from tests.support.executions.bench import Bench
from tests.support.plans import plan_of, task


def test_a_flow_output_that_cannot_be_rendered_fails_the_execution():
    plan = plan_of(task("a", properties={"values": {}}), outputs={"x": "{{ outputs.a.x }}"})
    bench = Bench(plan)
    bench.turn()

    assert bench.statuses() == {"a": "SUCCESS"}
    assert bench.now.status is Status.FAILED
    assert bench.now.error is not None
    assert bench.now.error.message.startswith("template error in outputs.x: ")


def test_flow_outputs_are_bounded():
    plan = plan_of(
        task("a", properties={"values": {"x": "y" * 1_000_000}}),
        outputs={f"x{number}": "{{ outputs.a.x }}" for number in range(21)},
    )
    bench = Bench(plan)
    bench.turn()

    assert bench.now.error is not None
    assert bench.now.error.code == "output_too_large"
