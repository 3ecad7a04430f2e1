"""What a loop over items comes to: counts, results, what it collects, and why iterations failed."""

import json
from typing import Any

import pytest

from shared.executions.models import Status
from shared.executions.scheduling.foreach_outputs import MAX_MESSAGE
from shared.executions.tasks.outcomes import MAX_OUTPUT_BYTES
from shared.plugins.sdk.plugin import PluginError
from tests.support.executions.bench import Bench, error_of, failing
from tests.support.plans import plan_of, task

DIVIDE = {
    "type": "util.math",
    "properties": {"operation": "div", "a": 4, "b": "{{ item }}"},
}
BY_ZERO = {"taskName": "div", "code": "division_by_zero", "message": "division by zero"}


def loop(items: Any, *inner: Any, **properties: Any) -> Any:
    given = {"items": items, **properties}
    return task("each", type="flow.foreach", properties=given, tasks=list(inner))


def setting(name: str, **values: Any) -> Any:
    return task(name, properties={"values": values})


def came_to(bench: Bench, key: str = "each") -> Any:
    return json.loads(bench.runs[key].outputs or "null")


def test_the_failures_of_iterations_are_listed_by_index_and_key():
    plan = plan_of(loop({"a": 0, "b": 2, "c": 0}, task("div", **DIVIDE), failFast=False))
    bench = Bench(plan)

    assert bench.run().status is Status.FAILED
    assert came_to(bench) == {
        "count": 3,
        "failed": 2,
        "results": [{"div": {}}, {"div": {"result": 2}}, {"div": {}}],
        "errors": [{"index": 0, "key": "a", **BY_ZERO}, {"index": 2, "key": "c", **BY_ZERO}],
    }


def test_a_failure_deep_inside_is_told_with_the_task_that_is_its_cause():
    box = task("box", type="flow.parallel", tasks=[task("div", **DIVIDE), setting("other")])
    bench = Bench(plan_of(loop([1, 0], box, failFast=False)))
    bench.run()

    assert came_to(bench)["errors"] == [{"index": 1, "key": None, **BY_ZERO}]


def test_a_failure_that_is_allowed_is_none_of_the_iteration():
    bench = Bench(plan_of(loop([0], task("div", allowFailure=True, **DIVIDE))))

    assert bench.run().status is Status.SUCCESS
    assert (came_to(bench)["failed"], came_to(bench)["errors"]) == (0, [])


def test_iterations_that_never_began_did_not_fail():
    bench = Bench(plan_of(loop([1, 0, 2, 3], task("div", **DIVIDE), collect="item")))
    bench.run()

    found = came_to(bench)
    assert (found["count"], found["failed"]) == (4, 1)
    assert found["results"] == [1, None, None, None]


@pytest.mark.parametrize(
    ("collect", "results"),
    [
        ("outputs.div.result", [4, 2]),
        ("{{ outputs.div.result + index }}", [4, 3]),
        ("[key, item, loops.each.key]", [["a", 1, "a"], ["b", 2, "b"]]),
        ("tasks.div.status", ["SUCCESS", "SUCCESS"]),
        ("outputs.before.v + item", [11, 12]),
        ({"id": "key", "n": "outputs.div.result", "of": 7}, [
            {"id": "a", "n": 4, "of": 7}, {"id": "b", "n": 2, "of": 7}]),
        ("uuid() == uuid()", [False, False]),
    ],
)  # fmt: skip
def test_collect_picks_what_results_holds(collect: Any, results: Any):
    each = loop({"a": 1, "b": 2}, task("div", **DIVIDE), collect=collect)
    bench = Bench(plan_of(setting("before", v=10), each))

    assert bench.run().status is Status.SUCCESS
    assert came_to(bench)["results"] == results


def test_collect_in_a_loop_inside_a_loop_sees_both():
    inner = task(
        "inner",
        type="flow.foreach",
        properties={"items": [1, 2], "collect": "[loops.each.item, item, outputs.x.v]"},
        tasks=[setting("x", v="{{ item * 10 }}")],
    )
    bench = Bench(plan_of(loop(["a", "b"], inner, collect="outputs.inner.results")))
    bench.run()

    assert came_to(bench)["results"] == [
        [["a", 1, 10], ["a", 2, 20]],
        [["b", 1, 10], ["b", 2, 20]],
    ]


def test_what_is_collected_of_an_iteration_stays_the_same_when_a_turn_is_repeated():
    loops = [loop([1], setting("x"), collect="[uuid(), now()]"), setting("after")]
    plan = plan_of(*loops, isolation="task")
    bench = Bench(plan)
    bench.run()
    first = came_to(bench)["results"]
    del bench.store.runs["default", bench.execution.id]["each"]
    began: dict[str, Any] = {"status": "RUNNING", "startedAt": bench.now.started_at}
    again = Bench(plan, id=bench.execution.id, **began)
    again.store.runs["default", bench.execution.id] = dict(bench.runs)
    again.run()

    assert came_to(again)["results"] == first


def test_an_expression_that_fails_for_a_good_iteration_fails_the_loop():
    bench = Bench(plan_of(loop([1], task("div", **DIVIDE), collect="outputs.div.nope")))
    bench.run()

    code, message = error_of(bench, "each")
    assert code == "template_error"
    assert message.startswith("template error in properties.collect: ")


def test_a_failure_inside_stays_the_failure_of_a_loop_that_cannot_collect():
    each = loop([1, 0], task("div", **DIVIDE), failFast=False, collect="outputs.div.nope")
    bench = Bench(plan_of(each))
    bench.run()

    assert error_of(bench, "each")[0] == "division_by_zero"


def test_long_messages_are_cut_so_that_the_list_of_errors_is_bounded():
    long = failing(PluginError("x" * 5_000, code="broken"))
    bench = Bench(plan_of(loop([1, 2], task("a", type="t.fail"), failFast=False)), {"t.fail": long})
    bench.run()

    messages = [error["message"] for error in came_to(bench)["errors"]]
    assert messages == [f"{'x' * MAX_MESSAGE}… (5000 characters, cut)"] * 2
    assert 10_000 * (MAX_MESSAGE + 200) < MAX_OUTPUT_BYTES


def test_the_messages_of_a_loop_show_no_secret():
    leak = failing(PluginError("said hunter22!", code="broken"))
    each = loop([1], task("a", type="t.fail"))
    bench = Bench(plan_of(each), {"t.fail": leak}, secrets={"pw": "hunter22!"})
    bench.run()

    assert came_to(bench)["errors"][0]["message"] == "said ******"


@pytest.mark.parametrize("character", ["漢", "\x01", "🌊", '"'])
def test_ten_thousand_messages_fit_into_one_output_whatever_their_letters(character: str):
    long = failing(PluginError("plain" * 30 + character * 5_000, code="broken"))
    bench = Bench(plan_of(loop([1], task("a", type="t.fail"), failFast=False)), {"t.fail": long})
    bench.run()

    [told] = came_to(bench)["errors"]
    assert 10_000 * len(json.dumps(told, ensure_ascii=False).encode()) < MAX_OUTPUT_BYTES
    assert told["message"].startswith("plain" * 30 + character)
