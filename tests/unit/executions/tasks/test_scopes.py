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
    values = {name: f"{{{{ error.{name} }}}}" for name in ("taskName", "message", "status")}
    plan = plan_of(task("a", type="t.fail"), errors=[setting("e", **values)])
    bench = Bench(plan, {"t.fail": failing()})
    bench.run()

    assert read(bench, "e") == {"taskName": "a", "message": "it broke", "status": "FAILED"}


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
