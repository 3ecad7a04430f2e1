"""What templates of a running flow may read, and what stands for a task in a test run."""

import json
from typing import Any

import pytest

from shared.executions.models import Status
from shared.executions.store.payloads import ROW_BYTES
from shared.plugins.sdk.plugin import PluginError
from tests.support.executions.bench import Bench, error_of, failing
from tests.support.plans import plan_of, task


def setting(name: str, **values: Any) -> Any:
    return task(name, properties={"values": values})


def read(bench: Bench, name: str) -> Any:
    return json.loads(bench.runs[name].outputs or "null")


def test_outputs_are_a_map_of_what_has_run():
    plan = plan_of(
        setting("a", v=1),
        task("b", when=False),
        setting(
            "c",
            names="{{ outputs | keys }}",
            number="{{ outputs | length }}",
            known="{{ 'a' in outputs }}",
            unknown="{{ 'z' in outputs }}",
            all="{{ outputs }}",
        ),
    )
    bench = Bench(plan)
    bench.run()

    assert read(bench, "c") == {
        "names": ["a", "b"],
        "number": 2,
        "known": True,
        "unknown": False,
        "all": {"a": {"v": 1}, "b": {}},
    }


def test_outputs_that_no_row_holds_are_fetched_by_who_reads_them():
    plan = plan_of(
        setting("a", text="x" * (ROW_BYTES + 1)),
        setting("b", v=1),
        setting("c", size="{{ outputs.a.text | length }}"),
        isolation="task",
    )
    bench = Bench(plan)
    bench.turn()
    bench.turn()
    assert bench.payloads.reads == 0

    bench.run()

    assert read(bench, "c") == {"size": ROW_BYTES + 1}
    assert bench.payloads.reads == 1


def test_outputs_inside_a_loop_are_read_within_the_iteration_only():
    inner = [setting("x", n="{{ item }}"), setting("y", n="{{ outputs.x.n + outputs.a.v }}")]
    loop = task("each", type="flow.foreach", properties={"items": [1, 2]}, tasks=inner)
    plan = plan_of(setting("a", v=10), loop, setting("after", x="{{ outputs.x }}"))
    bench = Bench(plan)
    bench.run()

    assert [read(bench, f"y#{index}") for index in range(2)] == [{"n": 11}, {"n": 12}]
    assert read(bench, "after") == {"x": {}}


def loop(name: str, items: Any, *inner: Any, **properties: Any) -> Any:
    fields = {"items": items, **properties}
    return task(name, type="flow.foreach", properties=fields, tasks=list(inner))


def test_a_loop_hides_no_loop_around_it():
    shown = setting(
        "t",
        outer="{{ [loops.outer.index, loops.outer.key, loops.outer.item] }}",
        own="{{ [loops.inner.index, loops.inner.item] == [index, item] }}",
        names="{{ loops | keys }}",
    )
    middle = task("branch", type="flow.if", properties={"condition": True}, then=[shown])
    inner = loop("inner", "{{ loops.outer.item }}", middle)
    bench = Bench(plan_of(loop("outer", {"eu": [1, 2], "us": [3]}, inner)))
    bench.run()

    assert [read(bench, f"t#{place}") for place in ("0.0", "0.1", "1.0")] == [
        {"outer": [0, "eu", [1, 2]], "own": True, "names": ["outer", "inner"]},
        {"outer": [0, "eu", [1, 2]], "own": True, "names": ["outer", "inner"]},
        {"outer": [1, "us", [3]], "own": True, "names": ["outer", "inner"]},
    ]


def test_two_loops_in_a_row_know_their_own_items():
    bench = Bench(
        plan_of(
            loop("a", [1], setting("x", v="{{ loops.a.item }}")),
            loop("b", [2], setting("y", v="{{ loops.b.item }}", known="{{ loops | keys }}")),
        )
    )
    bench.run()

    assert (read(bench, "x#0"), read(bench, "y#0")) == ({"v": 1}, {"v": 2, "known": ["b"]})


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        ("{{ key }}", "'key' is undefined"),
        ("{{ loops.each.key }}", "'loops.each.key' is undefined"),
        ("{{ loops.each.value }}", "'loops.each.value' is undefined"),
        ("{{ loops.nope.item }}", "'loops.nope' is undefined"),
    ],
)
def test_what_a_loop_over_a_list_does_not_have_is_an_error(shown: str, message: str):
    bench = Bench(plan_of(loop("each", [{"a": 1}], setting("t", v=shown))))
    bench.run()

    code, found = error_of(bench, "t#0")
    assert (code, message in found) == ("template_error", True)


def test_a_default_covers_the_key_that_a_list_does_not_have():
    bench = Bench(plan_of(loop("each", [5], setting("t", v="{{ key | default(index) }}"))))
    bench.run()

    assert read(bench, "t#0") == {"v": 0}


def test_expressions_of_a_collection_see_the_loops_around_its_task():
    mapped = task(
        "m",
        type="flow.map",
        properties={"items": [1, 2], "expression": "item * loops.each.item"},
    )
    bench = Bench(plan_of(loop("each", [10], mapped)))
    bench.run()

    assert read(bench, "m#0")["items"] == [10, 20]


def test_variables_read_inputs_and_each_other_and_no_outputs():
    plan = plan_of(
        setting("a", v="{{ vars.twice }}"),
        setting("b", v="{{ vars.wrong }}"),
        variables={
            "one": "{{ inputs.n }}",
            "twice": "{{ vars.one * 2 }}",
            "wrong": "{{ outputs }}",
        },
    )
    bench = Bench(plan, inputs={"n": 4})
    bench.run()

    assert read(bench, "a") == {"v": 8}
    assert error_of(bench, "b")[0] == "template_error"


def test_a_credential_that_nobody_stored_fails_the_task():
    bench = Bench(plan_of(setting("a", v="Bearer ${TOKEN}")))
    bench.run()

    assert 'credential "TOKEN" not found' in error_of(bench, "a")[1]


def test_errors_read_what_failed_first():
    fields = ("taskName", "code", "message", "status")
    values = {name: f"{{{{ error.{name} }}}}" for name in fields}
    shown = {"status": "{{ execution.status }}", "id": "{{ execution.id }}"}
    plan = plan_of(
        task("a", type="t.fail"),
        errors=[setting("e", **values)],
        **{"finally": [setting("f", error="{{ error }}", **shown)]},
    )
    bench = Bench(plan, {"t.fail": failing()})
    bench.run()

    error = {"taskName": "a", "code": "broken", "message": "it broke", "status": "FAILED"}
    assert read(bench, "e") == error
    assert read(bench, "f") == {"error": error, "status": "FAILED", "id": bench.execution.id}


def test_finally_reads_that_nothing_failed():
    told = setting("f", error="{{ error }}", status="{{ execution.status }}")
    bench = Bench(plan_of(setting("a"), **{"finally": [told]}))
    bench.run()

    assert read(bench, "f") == {"error": None, "status": "SUCCESS"}


def test_finally_reads_that_the_outputs_cannot_be_rendered():
    told = setting("f", code="{{ error.code }}", status="{{ execution.status }}")
    inner = task("box", type="flow.parallel", tasks=[told])
    bench = Bench(plan_of(setting("a"), outputs={"x": "{{ inputs.nope }}"}, **{"finally": [inner]}))

    assert bench.run().status is Status.FAILED
    assert read(bench, "f") == {"code": "template_error", "status": "FAILED"}


def test_finally_reads_that_the_execution_was_cancelled():
    told = setting("f", error="{{ error }}", status="{{ execution.status }}")
    bench = Bench(plan_of(setting("a"), **{"finally": [told]}), closing="cancel")
    bench.run()

    found = read(bench, "f")
    assert found["status"] == "CANCELLED"
    assert (found["error"]["code"], found["error"]["status"]) == ("cancelled", "CANCELLED")


def test_the_end_of_the_execution_is_known_in_errors_and_finally_only():
    bench = Bench(plan_of(setting("a", x="{{ execution.status | default('unknown') }}")))
    bench.run()

    assert read(bench, "a") == {"x": "unknown"}


@pytest.mark.parametrize(
    ("mock", "status", "outputs"),
    [
        ({"v": 7}, "SUCCESS", {"v": 7}),
        ({"error": {"code": "broken", "message": "as told"}}, "FAILED", None),
        ({"error": {}, "v": 1}, "SUCCESS", {"error": {}, "v": 1}),
    ],
)
def test_a_mock_stands_for_its_task(mock: Any, status: str, outputs: Any):
    bench = Bench(plan_of(task("a", type="t.fail")), {"t.fail": failing()}, mocks={"a": mock})
    bench.run()

    assert bench.runs["a"].status.value == status
    assert read(bench, "a") == outputs
    if status == "FAILED":
        assert error_of(bench, "a") == ("broken", "as told")


def test_a_mock_stands_for_all_that_a_container_holds():
    box = task("box", type="flow.parallel", tasks=[task("a", type="t.fail")])
    plan = plan_of(box, setting("after", v="{{ outputs.box.v }}"))
    bench = Bench(plan, {"t.fail": failing()}, mocks={"box": {"v": 1}})
    bench.run()

    assert bench.now.status is Status.SUCCESS
    assert read(bench, "after") == {"v": 1}
    assert "a" not in bench.runs


@pytest.mark.parametrize("outputs", [{"n": float("nan")}, {"text": "x" * 20_000_001}])
def test_what_a_failure_brings_along_is_dropped_when_it_cannot_be_kept(outputs: Any):
    error = PluginError("it broke", code="broken", outputs=outputs)
    bench = Bench(plan_of(task("a", type="t.fail")), {"t.fail": failing(error)})
    bench.run()

    assert error_of(bench, "a") == ("broken", "it broke")
    assert bench.runs["a"].outputs is None
