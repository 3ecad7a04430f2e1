"""Ends of a flow, and its further attempts as a whole."""

import json
from typing import Any

import pytest

from shared.executions.models import Status
from tests.support.executions.bench import Bench, Flaky, failing
from tests.support.plans import plan_of, task


def test_finally_reads_what_errors_did_not_run_as_empty():
    plan = plan_of(
        task("a", properties={"values": {}}),
        errors=[task("box", type="flow.parallel", tasks=[task("note")])],
        **{
            "finally": [
                task("bye", properties={"values": {"v": "{{ [outputs.box, outputs.note] }}"}})
            ]
        },
    )
    bench = Bench(plan)

    assert bench.run().status is Status.SUCCESS
    assert json.loads(bench.runs["bye"].outputs or "") == {"v": [{}, {}]}


def test_a_flow_is_tried_again_as_a_whole_under_its_own_id():
    flaky = Flaky(1)
    plan = plan_of(
        task("first", properties={"values": {"n": "{{ execution.attempt }}"}}),
        task("a", type="t.flaky"),
        retry={"maxAttempts": 2, "delay": 10},
        errors=[task("note", properties={"values": {}})],
        outputs={"n": "{{ outputs.first.n }}"},
    )
    bench = Bench(plan, {"t.flaky": flaky})

    assert bench.turn() == "wait"
    assert bench.answer.delay_seconds == 10
    assert bench.now.attempt == 2
    assert bench.turn() == "wait"
    assert bench.run().status is Status.SUCCESS

    assert bench.now.outputs == {"n": 2}
    assert "note" not in bench.runs


def test_errors_run_after_the_last_attempt_of_a_flow():
    plan = plan_of(
        task("a", type="t.fail"),
        retry={"maxAttempts": 2},
        errors=[task("note", properties={"values": {}})],
    )
    bench = Bench(plan, {"t.fail": failing()})

    assert bench.run().status is Status.FAILED
    assert bench.now.attempt == 2
    assert bench.statuses() == {"a": "FAILED", "note": "SUCCESS"}


@pytest.mark.parametrize(
    ("outputs", "noted"),
    [
        ({"v": "{{ outputs.a.nope }}"}, "SUCCESS"),
        ({"v": "{{ outputs.bye.nope }}"}, "SKIPPED"),
        ({"v": "{{ outputs.a.x }}"}, "SKIPPED"),
    ],
)
def test_errors_hear_of_outputs_that_cannot_be_rendered(outputs: Any, noted: str):
    plan = plan_of(
        task("a", properties={"values": {"x": 1}}),
        errors=[task("note", properties={"values": {"why": "{{ error.message }}"}})],
        outputs=outputs,
        **{"finally": [task("bye", properties={"values": {}})]},
    )
    bench = Bench(plan)

    ended = bench.run()

    assert bench.runs["note"].status == noted if "note" in bench.runs else noted == "SKIPPED"
    assert bench.statuses()["bye"] == "SUCCESS"
    is_wrong = "nope" in outputs["v"]
    assert ended.status is (Status.FAILED if is_wrong else Status.SUCCESS)
    assert (ended.outputs is None) == is_wrong
    if noted == "SUCCESS":
        assert "outputs.v" in str(bench.runs["note"].outputs)
