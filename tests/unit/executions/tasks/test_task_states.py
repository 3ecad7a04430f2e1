"""What templates read of how tasks ended: the root `tasks`."""

import json
from typing import Any

import pytest

from shared.executions.models import Status
from tests.support.executions.bench import Bench, Flaky, error_of, failing
from tests.support.plans import plan_of, task


def setting(name: str, *, where: Any = None, **values: Any) -> Any:
    return task(name, properties={"values": values}, **(where or {}))


def read(bench: Bench, name: str) -> Any:
    return json.loads(bench.runs[name].outputs or "null")


BROKEN = {
    "status": "FAILED",
    "attempt": 1,
    "error": {"code": "broken", "message": "it broke", "statusCode": 503},
}
SKIPPED = {"status": "SKIPPED", "attempt": 1, "error": None}


def test_how_tasks_ended_is_read_by_their_names():
    plan = plan_of(
        task("good", type="t.flaky", retry={"maxAttempts": 3}),
        task("bad", type="t.fail", allowFailure=True),
        task("left", when=False),
        setting(
            "told",
            good="{{ tasks.good }}",
            bad='{{ tasks["bad"] }}',
            left="{{ tasks.left }}",
            names="{{ tasks | keys }}",
            number="{{ tasks | length }}",
            known="{{ ['bad' in tasks, 'nope' in tasks, tasks[task.name] is defined] }}",
        ),
    )
    bench = Bench(plan, {"t.flaky": Flaky(1), "t.fail": failing()})
    bench.run()

    assert read(bench, "told") == {
        "good": {"status": "SUCCESS", "attempt": 2, "error": None},
        "bad": BROKEN,
        "left": SKIPPED,
        "names": ["good", "bad", "left"],
        "number": 3,
        "known": [True, False, False],
    }


def test_the_flows_outputs_read_how_tasks_ended():
    plan = plan_of(
        task("bad", type="t.fail", allowFailure=True),
        outputs={"why": "{{ tasks.bad.error.code }}"},
    )
    bench = Bench(plan, {"t.fail": failing()})

    assert bench.run().outputs == {"why": "broken"}


def test_reading_how_a_task_ended_waits_for_its_end():
    plan = plan_of(
        setting("told", where={"dependsOn": []}, status="{{ tasks.late.status }}"),
        task("late", type="flow.wait", dependsOn=[], properties={"duration": "1h"}),
    )
    bench = Bench(plan)

    assert bench.turn() == "wait"
    bench.run()
    assert read(bench, "told") == {"status": "SUCCESS"}


def test_the_condition_of_a_task_may_ask_how_another_ended():
    plan = plan_of(
        task("bad", type="t.fail", allowFailure=True),
        setting("mend", where={"when": "tasks.bad.status == 'FAILED'"}),
        setting("cheer", where={"when": "tasks.bad.status == 'SUCCESS'"}),
    )
    bench = Bench(plan, {"t.fail": failing()})
    bench.run()

    assert bench.statuses() == {"bad": "FAILED", "mend": "SUCCESS", "cheer": "SKIPPED"}


@pytest.mark.parametrize("name", ["other", "nope"])
def test_a_task_that_is_not_over_is_not_there(name: str):
    plan = plan_of(
        setting("told", where={"dependsOn": []}, x="{{ tasks[inputs.name].status }}"),
        task("other", type="flow.wait", dependsOn=[], properties={"duration": "1h"}),
    )
    bench = Bench(plan, inputs={"name": name})
    bench.turn()

    assert error_of(bench, "told") == (
        "template_error",
        f"template error in properties.values.x: 'tasks.{name}' is undefined",
    )


def test_tasks_of_a_branch_that_was_not_taken_are_skipped():
    choice = {
        "type": "flow.if",
        "properties": {"condition": True},
        "then": [setting("yes", other="{{ tasks.no.status }}")],
        "else": [task("no", type="flow.parallel", tasks=[setting("deep")])],
    }
    plan = plan_of(
        task("choose", **choice),
        setting("told", yes="{{ tasks.yes.status }}", deep="{{ tasks.deep }}"),
    )
    bench = Bench(plan)
    bench.run()

    assert read(bench, "yes") == {"other": "SKIPPED"}
    assert read(bench, "told") == {"yes": "SUCCESS", "deep": SKIPPED}


def test_inside_a_loop_the_ends_are_those_of_the_iteration():
    body = [
        task(
            "odd",
            type="util.math",
            allowFailure=True,
            properties={"operation": "div", "a": 1, "b": "{{ item }}"},
        ),
        setting(
            "told", x="{{ [tasks.first.status, tasks.odd.status, tasks.odd.error.code | d(0)] }}"
        ),
    ]
    plan = plan_of(
        setting("first"),
        task("each", type="flow.foreach", properties={"items": [1, 0]}, tasks=body),
        setting("each-told", x="{{ tasks.each.status }}"),
    )
    bench = Bench(plan)
    bench.run()

    assert read(bench, "told#0") == {"x": ["SUCCESS", "SUCCESS", 0]}
    assert read(bench, "told#1") == {"x": ["SUCCESS", "FAILED", "division_by_zero"]}
    assert read(bench, "each-told") == {"x": "SUCCESS"}


def test_how_a_task_in_a_loop_ended_is_not_known_outside_of_its_iterations():
    plan = plan_of(
        task("each", type="flow.foreach", properties={"items": [1]}, tasks=[setting("in")]),
        setting("told", x="{{ tasks.in.status }}"),
    )
    bench = Bench(plan)
    bench.run()

    assert error_of(bench, "told")[0] == "template_error"


def test_a_new_attempt_of_a_container_forgets_how_tasks_ended():
    seen = setting("seen", x="{{ tasks.a.status }}", n="{{ tasks.a.attempt }}")
    box = task(
        "box",
        type="flow.parallel",
        retry={"maxAttempts": 2},
        tasks=[task("a", type="t.flaky", dependsOn=[]), seen],
    )
    bench = Bench(plan_of(box), {"t.flaky": Flaky(1)})
    bench.run()

    assert read(bench, "seen@2") == {"x": "SUCCESS", "n": 1}


def test_finally_reads_what_never_began_as_cancelled():
    names = ("done", "open", "next", "box", "in", "no", "e")
    told = setting("told", **{name: f"{{{{ tasks['{name}'].status }}}}" for name in names})
    lists = {"then": [setting("in")], "else": [setting("no")]}
    plan = plan_of(
        setting("done"),
        task("open", type="flow.wait", properties={"duration": "1h"}),
        setting("next"),
        task("box", type="flow.if", properties={"condition": True}, **lists),
        errors=[setting("e", x="{{ tasks.next.status }}")],
        timeout=60,
        **{"finally": [told]},
    )
    bench = Bench(plan)

    assert bench.run().status is Status.TIMED_OUT
    assert read(bench, "e") == {"x": "CANCELLED"}
    assert read(bench, "told") == {
        "done": "SUCCESS",
        **dict.fromkeys(("open", "next", "box", "in", "no"), "CANCELLED"),
        "e": "SUCCESS",
    }


def test_finally_reads_that_errors_did_not_run():
    told = setting("told", x="{{ tasks.e.status }}")
    bench = Bench(plan_of(setting("a"), errors=[setting("e")], **{"finally": [told]}))
    bench.run()

    assert read(bench, "told") == {"x": "SKIPPED"}
