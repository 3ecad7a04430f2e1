"""Containers that are tried again as a whole: rounds that are kept apart, whatever dies between."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from shared.executions import recording
from shared.executions.kept import kept_runs
from shared.executions.listing import task_runs
from shared.executions.models import Closing, Status, TaskRun
from shared.executions.nodes import row_key
from shared.executions.payloads import ROW_BYTES
from shared.executions.places import Places, latest_runs
from shared.flows.plan import Plan
from shared.people.gates import Gates
from shared.people.models import Approval, ApprovalStatus, Decision
from shared.plugins.plugin import PluginError, Run, TaskContext
from tests.support.approvals import InMemoryApprovals
from tests.support.executions import Abandoned, Bench, failing, sleeping
from tests.support.plans import plan_of, task

RETRY = {"maxAttempts": 3, "delay": 3600}


def setting(name: str, **values: Any) -> Any:
    return task(name, properties={"values": values})


def box(*tasks: Any, name: str = "box", **fields: Any) -> Any:
    return task(name, **{"type": "flow.parallel", "retry": RETRY, "tasks": tasks, **fields})


def flaky(good: int = 2, **error: Any) -> Run:
    """A plugin that fails until its `good`th call."""
    calls = count(1)

    def run(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        number = next(calls)
        if number < good:
            raise PluginError("not yet", **{"code": "broken", **error})
        return {"call": number}

    return run


def latest(bench: Bench, plan: Plan) -> dict[str, TaskRun]:
    return latest_runs(Places(plan), bench.runs)


def outputs(run: TaskRun) -> Any:
    return json.loads(run.outputs or "null")


def listed(bench: Bench, plan: Plan) -> list[tuple[str, str | None, str]]:
    shown = task_runs(plan, bench.now, bench.runs)
    return [(run.task_name, run.iteration, run.status.value) for run in shown]


def test_a_container_that_failed_waits_and_runs_all_of_it_again():
    plan = plan_of(
        box(setting("one", attempt="{{ task.attempt }}"), task("two", type="t.flaky")),
        setting("after", call="{{ outputs.two.call }}"),
    )
    bench = Bench(plan, {"t.flaky": flaky()})

    assert bench.turn() == "wait"
    assert bench.pause == timedelta(hours=1)
    retrying = bench.runs["box"]
    assert (retrying.status.value, retrying.attempt) == ("RETRYING", 1)
    assert retrying.error
    assert retrying.error.task_name == "two"
    assert retrying.due_at

    bench.ahead += bench.pause
    assert bench.turn() == "done"

    assert bench.now.status is Status.SUCCESS
    runs = latest(bench, plan)
    assert {key: run.status.value for key, run in runs.items()} == dict.fromkeys(
        ("box", "one", "two", "after"), "SUCCESS"
    )
    assert runs["box"].attempt == 2
    assert runs["box"].due_at is None
    assert runs["box"].started_at == retrying.started_at
    assert runs["two"].attempt == 1
    assert outputs(runs["one"]) == {"attempt": 1}
    assert outputs(runs["after"]) == {"call": 2}
    assert bench.runs["two"].status.value == "FAILED"


def test_attempts_of_a_container_run_out():
    bench = Bench(plan := plan_of(box(task("t", type="t.fail"))), {"t.fail": failing()})

    bench.run()

    assert bench.now.status is Status.FAILED
    assert latest(bench, plan)["box"].attempt == 3
    assert len([key for key in bench.runs if key.startswith("t")]) == 3


def test_an_if_decides_anew_in_each_attempt():
    plan = plan_of(
        task(
            "choose",
            type="flow.if",
            retry=RETRY,
            properties={"condition": "task.attempt > 1"},
            then=[setting("yes")],
            **{"else": [task("no", type="t.fail")]},
        )
    )
    bench = Bench(plan, {"t.fail": failing()})

    bench.run()

    assert bench.now.status is Status.SUCCESS
    assert listed(bench, plan) == [
        ("choose", None, "SUCCESS"),
        ("yes", None, "SUCCESS"),
        ("no", None, "SKIPPED"),
    ]
    assert outputs(latest(bench, plan)["choose"]) == {"result": True, "branch": "then"}


def test_a_switch_decides_anew_in_each_attempt():
    plan = plan_of(
        task(
            "choose",
            type="flow.switch",
            retry=RETRY,
            properties={"value": "{{ task.attempt }}"},
            cases={"1": [task("first", type="t.fail")], "2": [setting("second", n=2)]},
        ),
        setting("after", n="{{ outputs.second.n }}", none="{{ outputs.first }}"),
    )
    bench = Bench(plan, {"t.fail": failing()})

    bench.run()

    assert outputs(latest(bench, plan)["choose"]) == {"value": 2, "branch": "2"}
    assert outputs(latest(bench, plan)["after"]) == {"n": 2, "none": {}}


def test_a_loop_runs_all_iterations_again_and_may_have_other_items():
    plan = plan_of(
        task(
            "each",
            type="flow.foreach",
            retry=RETRY,
            properties={"items": "{{ range(task.attempt + 1) }}", "failFast": False},
            tasks=[setting("a", n="{{ item }}"), task("b", type="t.flaky")],
        )
    )
    bench = Bench(plan, {"t.flaky": flaky(3)})

    bench.run()

    results = outputs(latest(bench, plan)["each"])["results"]
    assert [(each["a"]["n"], each["b"]["call"]) for each in results] == [(0, 3), (1, 4), (2, 5)]
    assert [key for key in bench.runs if key.startswith("a")] == [
        *("a#0", "a#1"),
        *("a@2#0", "a@2#1", "a@2#2"),
    ]


def test_retries_inside_a_retry_begin_anew_in_each_attempt():
    inner = box(task("t", type="t.fail"), name="inner", retry={"maxAttempts": 2, "delay": 60})
    plan = plan_of(box(inner, retry={"maxAttempts": 2, "delay": 3600}))
    bench = Bench(plan, {"t.fail": failing()})

    bench.run()

    assert list(bench.runs) == ["t", "inner", "t@1.2", "box", "t@2.1", "inner@2", "t@2.2"]
    runs = latest(bench, plan)
    assert (runs["box"].attempt, runs["inner"].attempt, runs["t"].rounds) == (2, 2, "2.2")
    assert bench.now.status is Status.FAILED


def test_a_container_in_a_loop_is_tried_again_without_the_other_iterations():
    before: list[Any] = []

    def note(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        before.append(properties["item"])
        return {}

    def run_one(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        if properties["item"] == 1 and before.count("again") == 0:
            before.append("again")
            raise PluginError("not yet", code="broken")
        return {}

    item = {"item": "{{ item }}"}
    inner = box(task("t", type="t.run", properties=item), name="inner")
    each = task(
        "each",
        type="flow.foreach",
        properties={"items": [0, 1, 2], "concurrency": 0},
        tasks=[task("before", type="t.note", properties=item), inner],
    )
    bench = Bench(plan_of(each), {"t.run": run_one, "t.note": note})
    bench.turn()
    assert bench.runs["inner#1"].status.value == "RETRYING"
    assert bench.runs["inner#0"].status.value == "SUCCESS"

    bench.run()

    assert sorted(map(str, before)) == ["0", "1", "2", "again"]
    assert [key for key in bench.runs if "@" in key] == ["t@2#1"]
    assert bench.now.status is Status.SUCCESS


def test_an_outer_retry_runs_a_loop_in_it_and_the_containers_in_that_once_more():
    inner = box(task("t", type="t.flaky"), name="inner", retry={"maxAttempts": 2, "delay": 60})
    each = task("each", type="flow.foreach", properties={"items": [0, 1]}, tasks=[inner])
    plan = plan_of(box(each, retry={"maxAttempts": 2, "delay": 3600}))
    bench = Bench(plan, {"t.flaky": flaky(4)})

    bench.run()

    # Item 0 fails twice, which fails the loop; in the second round it succeeds at its second try.
    assert list(bench.runs) == [
        *("t#0", "inner#0", "t@1.2#0", "each", "box"),
        *("t@2.1#0", "inner@2#0", "t@2.2#0", "t@2.1#1", "inner@2#1", "each@2"),
    ]
    assert bench.now.status is Status.SUCCESS
    assert listed(bench, plan) == [
        ("box", None, "SUCCESS"),
        ("each", None, "SUCCESS"),
        ("inner", "0", "SUCCESS"),
        ("t", "0", "SUCCESS"),
        ("inner", "1", "SUCCESS"),
        ("t", "1", "SUCCESS"),
    ]


def test_tasks_inside_have_all_their_attempts_and_one_idempotency_key():
    keys: list[str] = []

    def run(_properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
        keys.append(context.idempotency_key)
        raise PluginError("no", code="broken")

    inner = task("t", type="t.run", retry={"maxAttempts": 2, "delay": 0})
    bench = Bench(plan_of(box(inner, retry={"maxAttempts": 2, "delay": 0})), {"t.run": run})

    bench.run()

    assert len(keys) == 4
    assert len(set(keys)) == 1


def test_chance_and_time_differ_between_attempts_and_repeat_after_a_crash():
    drawn: list[Any] = []

    def run(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        drawn.append(properties)
        raise PluginError("no", code="broken")

    values = {"id": "{{ uuid() }}", "n": "{{ randomInt(0, 1000000000) }}", "now": "{{ now() }}"}
    inner = task("t", type="t.run", properties=values)
    plan = plan_of(box(inner, retry={"maxAttempts": 2, "delay": 3600}))
    bench = Bench(plan, {"t.run": run})
    bench.turn()
    bench.ahead += bench.pause
    bench.store.on_write = _die_at({1}, "before")
    with pytest.raises(Abandoned):
        bench.turn()
    bench.store.on_write = lambda _moment: None
    bench.run()

    first, second, third = drawn
    assert second == third
    assert all(first[name] != second[name] for name in values)


def _die_at(numbers: set[int], fatal: str) -> Callable[[str], None]:
    writes = count()

    def note_write(moment: str) -> None:
        if moment == fatal and next(writes) in numbers:
            raise Abandoned

    return note_write


def _see(rounds: dict[str, int]) -> Run:
    """A plugin that numbers the keys it is given."""

    def run(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        return {"n": rounds.setdefault(properties["key"], len(rounds) + 1)}

    return run


def _compare(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    """Fails for good unless all is of one round; fails for now in the first two."""
    if properties["results"] != [{"inner": {"n": properties["round"]}}]:
        raise PluginError("two rounds are mixed", code="invalid_value")
    if properties["round"] < 3:
        raise PluginError("not yet", code="broken")
    return dict(properties)


def _three_rounds() -> Plan:
    """A flow whose innermost tasks run three times, each time with another `uuid()`."""
    tasks = [
        task("seen", type="t.see", properties={"key": "{{ uuid() }}"}),
        setting("first", round="{{ outputs.seen.n }}"),
        task(
            "each",
            type="flow.foreach",
            properties={"items": ["{{ outputs.first.round }}"]},
            tasks=[setting("inner", n="{{ item }}")],
        ),
        task(
            "last",
            type="t.compare",
            properties={
                "round": "{{ outputs.first.round }}",
                "results": "{{ outputs.each.results }}",
            },
        ),
    ]
    choose = task("choose", type="flow.if", properties={"condition": True}, then=tasks, retry=RETRY)
    return plan_of(box(choose), setting("after", n="{{ outputs.last.round }}"))


def _run_dying(bench: Bench) -> None:
    for _ in range(20):
        with suppress(Abandoned):
            if bench.turn(generation=bench.now.generation) == "done":
                return
            bench.ahead += bench.pause


@pytest.mark.parametrize("fatal", ["before", "after"])
@pytest.mark.parametrize("number", range(24))
def test_a_crash_at_any_write_never_mixes_two_attempts(number: int, fatal: str):
    rounds: dict[str, int] = {}
    bench = Bench(plan := _three_rounds(), {"t.see": _see(rounds), "t.compare": _compare})
    bench.store.on_write = _die_at({number}, fatal)

    _run_dying(bench)

    assert bench.now.status is Status.SUCCESS
    runs = latest(bench, plan)
    assert runs["choose"].attempt == 3
    assert outputs(runs["after"]) == {"n": 3}
    assert len(rounds) == 3
    settled = [row_key(run) for run in bench.store.written if run.status.is_terminal]
    assert len(settled) == len(set(settled))


def test_a_time_out_of_a_container_is_one_of_each_attempt():
    waits = iter(["2h", "1m"])

    def choose(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        return {"wait": next(waits)}

    inner = task("t", type="flow.wait", properties={"duration": "{{ outputs.choose.wait }}"})
    plan = plan_of(
        task(
            "box",
            type="flow.if",
            properties={"condition": True},
            then=[task("choose", type="t.choose"), inner],
            timeout="1h",
            retry={"maxAttempts": 2, "delay": 18000},
        )
    )
    bench = Bench(plan, {"t.choose": choose})
    bench.turn()
    bench.ahead += bench.pause
    bench.turn()

    assert bench.runs["t"].status.value == "CANCELLED"
    assert bench.runs["box"].status.value == "RETRYING"
    assert bench.runs["box"].error
    assert bench.runs["box"].error.code == "timeout"
    assert bench.runs["box"].logs[0].message == "box timed out"

    bench.ahead += bench.pause
    bench.turn()
    bench.ahead += bench.pause
    assert bench.turn() == "done"
    assert bench.now.status is Status.SUCCESS


def test_a_thread_of_an_attempt_that_is_over_says_nothing_about_the_next():
    runs = iter([0.6, 0.0])
    calls = count(1)

    def run(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
        number = next(calls)
        sleeping(next(runs))(properties, context)
        return {"call": number}

    pause = task("pause", type="flow.wait", properties={"duration": "700ms"}, dependsOn=["t"])
    plan = plan_of(
        box(
            task("t", type="t.run", dependsOn=[]),
            pause,
            timeout="300ms",
            retry={"maxAttempts": 2, "delay": 0},
            allowFailure=True,
        )
    )
    bench = Bench(plan, {"t.run": run})
    bench.turn()

    assert outputs(bench.runs["t@2"]) == {"call": 2}


def test_what_cannot_be_read_is_not_tried_again_unless_it_is_named():
    def loop(**retry: Any) -> Any:
        return task(
            "each",
            type="flow.foreach",
            retry={"maxAttempts": 2, "delay": 0, **retry},
            properties={"items": "{{ 5 if task.attempt == 1 else [] }}"},
            tasks=[setting("t")],
        )

    once, again = Bench(plan_of(loop())), Bench(plan_of(loop(on=["invalid_properties"])))
    once.run()
    again.run()

    assert (once.now.status, again.now.status) == (Status.FAILED, Status.SUCCESS)
    assert again.runs["each"].attempt == 2


def test_a_condition_that_no_longer_holds_skips_the_container():
    plan = plan_of(box(task("t", type="t.fail"), when="task.attempt == 1"), setting("after"))
    bench = Bench(plan, {"t.fail": failing()})

    bench.run()

    assert listed(bench, plan) == [
        ("box", None, "SKIPPED"),
        ("t", None, "SKIPPED"),
        ("after", None, "SUCCESS"),
    ]


def test_a_skipped_attempt_leaves_nothing_of_the_one_before():
    plan = plan_of(
        box(
            setting("ok", v=1),
            task("bad", type="t.fail", dependsOn=["ok"]),
            when="task.attempt == 1",
            retry={"maxAttempts": 2, "delay": 0.1},
        ),
        setting("after", v="{{ outputs.ok }}"),
    )
    bench = Bench(plan, {"t.fail": failing()})

    bench.run()

    assert json.loads(bench.runs["after"].outputs or "") == {"v": {}}
    assert bench.now.tasks_executed == 1


def test_a_list_shows_the_attempt_that_failed_until_the_next_begins():
    plan = plan_of(
        task(
            "box",
            type="flow.if",
            retry=RETRY,
            properties={"condition": True},
            then=[
                task("t", type="t.flaky"),
                task("pause", type="flow.wait", properties={"duration": "2h"}),
                setting("last"),
            ],
        )
    )
    bench = Bench(plan, {"t.flaky": flaky()})
    bench.turn()
    assert listed(bench, plan) == [
        ("box", None, "RETRYING"),
        ("t", None, "FAILED"),
        ("pause", None, "SKIPPED"),
        ("last", None, "SKIPPED"),
    ]

    bench.ahead += bench.pause
    bench.turn()
    assert listed(bench, plan) == [
        ("box", None, "RUNNING"),
        ("t", None, "SUCCESS"),
        ("pause", None, "RUNNING"),
        ("last", None, "WAITING"),
    ]
    assert bench.runs["box"].attempt == 2


def test_a_list_shows_what_a_new_attempt_has_not_run_yet():
    plan = plan_of(
        task(
            "box",
            type="flow.if",
            retry=RETRY,
            properties={"condition": True},
            then=[setting("one"), task("two", type="t.fail"), setting("three")],
        )
    )
    bench = Bench(plan, {"t.fail": failing()})
    bench.turn()
    bench.ahead += bench.pause
    bench.store.on_write = _die_at({0}, "after")
    with pytest.raises(Abandoned):
        bench.turn()

    shown = {run.task_name: run for run in task_runs(plan, bench.now, bench.runs)}
    assert [run.status.value for run in shown.values()] == [
        *("RUNNING", "RUNNING", "WAITING", "WAITING"),
    ]
    assert shown["one"].started_at == bench.runs["box"].due_at


def _cancelled(bench: Bench) -> None:
    bench.store.end_early(bench.now, Closing.CANCEL, check_at=bench.now.created_at)
    assert bench.now.closing is Closing.CANCEL
    assert bench.turn(generation=bench.now.generation) == "done"


def test_a_cancel_between_attempts_ends_it():
    plan = plan_of(
        box(task("t", type="t.fail")), setting("after"), **{"finally": [setting("last")]}
    )
    bench = Bench(plan, {"t.fail": failing()})
    bench.turn()

    _cancelled(bench)

    assert bench.now.status is Status.CANCELLED
    assert listed(bench, plan) == [
        ("box", None, "CANCELLED"),
        ("t", None, "FAILED"),
        ("after", None, "CANCELLED"),
        ("last", None, "SUCCESS"),
    ]


def test_the_flows_timeout_between_attempts_ends_it():
    bench = Bench(plan_of(box(task("t", type="t.fail")), timeout="10m"), {"t.fail": failing()})

    assert bench.turn() == "wait"
    assert bench.pause <= timedelta(minutes=10)
    bench.ahead += bench.pause
    bench.turn()

    assert bench.now.status is Status.TIMED_OUT
    assert bench.runs["box"].status.value == "CANCELLED"


class GateBench(Bench):
    def __init__(self, plan: Plan, plugins: Mapping[str, Run] | None = None) -> None:
        self.approvals = InMemoryApprovals()
        super().__init__(plan, plugins, externals={"flow.gate": Gates(self.approvals)})

    def pending(self) -> Approval:
        [approval] = [each for each in self.approvals.all if each.is_pending]
        return approval

    def decide(self, decision: str) -> None:
        self.approvals.replace(
            self.pending().decided(Decision(decision), by="ana", at=self.now.created_at, comment="")
        )


def gate_plan(**fields: Any) -> Plan:
    gate = task("g", type="flow.gate", properties={"message": "{{ item }}"})
    each = task("each", type="flow.foreach", properties={"items": ["Go?"]}, tasks=[gate])
    return plan_of(box(each, retry={"maxAttempts": 3, "delay": 0}, **fields))


def test_each_attempt_asks_anew_and_pauses_anew():
    bench = GateBench(gate_plan())
    bench.turn()
    first = bench.pending()
    bench.decide("rejected")

    assert bench.turn() == "park"

    second = bench.pending()
    assert second.id != first.id
    assert (second.task_name, second.iteration) == ("g", "0")
    assert bench.now.status.value == "PAUSED"
    bench.decide("approved")
    assert bench.turn() == "done"
    assert bench.now.status.value == "SUCCESS"
    assert bench.approvals.asked == 2


@pytest.mark.parametrize("rounds", [0, 1])
def test_a_cancel_closes_what_the_present_attempt_asked(rounds: int):
    bench = GateBench(gate_plan())
    bench.turn()
    for _ in range(rounds):
        bench.decide("rejected")
        bench.turn()
    asked = bench.pending()

    _cancelled(bench)

    closed = bench.approvals.find("default", asked.id)
    assert closed
    assert closed.status is ApprovalStatus.CANCELLED
    assert bench.now.status is Status.CANCELLED


def test_a_time_out_closes_what_the_present_attempt_asked():
    bench = GateBench(gate_plan(timeout="1h"))
    bench.turn()
    bench.ahead += timedelta(hours=1)

    assert bench.turn() == "park"

    statuses = [each.status for each in bench.approvals.all]
    assert statuses == [ApprovalStatus.CANCELLED, ApprovalStatus.PENDING]


def test_a_retry_of_the_execution_keeps_what_the_last_attempt_did():
    plan = plan_of(
        box(setting("zero"), task("good", type="t.flaky"), name="done"),
        task(
            "box",
            type="flow.if",
            retry={"maxAttempts": 2, "delay": 0},
            properties={"condition": True},
            then=[setting("one"), task("two", type="t.fail")],
        ),
    )
    bench = Bench(plan, {"t.fail": failing(), "t.flaky": flaky()})
    bench.run()
    assert bench.now.status is Status.FAILED

    copies = kept_runs(plan, plan, bench.runs)

    assert {run.task_name for run in copies} == {"done", "zero", "good", "one"}
    assert {run.rounds for run in copies} == {""}
    again = Bench(plan, {"t.fail": lambda _properties, _context: {}})
    again.store.runs["default", again.execution.id] = {run.task_name: run for run in copies}
    again.run()
    assert again.now.status is Status.SUCCESS
    assert {run.task_name for run in again.store.written} == {"two", "box"}


def test_an_older_turn_that_settled_the_container_meanwhile_is_believed():
    plan = plan_of(box(task("t", type="t.flaky")), setting("after", n="{{ outputs.t.call }}"))
    other = Bench(plan, {"t.flaky": flaky()})
    other.turn()
    other.ahead += other.pause
    before = dict(other.runs)
    other.turn()
    bench = Bench(plan, {"t.flaky": failing()})
    bench.store.runs["default", bench.execution.id] = rows = dict(before)
    bench.ahead = other.ahead
    bench.store.turns["default", bench.execution.id, "main"] = (1, 5)

    def overtake(moment: str) -> None:
        if moment == "before" and rows["box"].status.value == "RETRYING":
            rows.update({key: run for key, run in other.runs.items() if key != "after"})

    bench.store.on_write = overtake
    found = bench.store.load

    def load(tenant: str, execution_id: str) -> Any:
        state = found(tenant, execution_id)
        overtake("before")
        return state

    bench.store.load = load  # type: ignore[method-assign]
    assert bench.turn() == "continue"
    assert bench.turn() == "done"

    assert outputs(bench.runs["after"]) == {"n": 2}


@pytest.mark.parametrize("delay", [0, 3600])
def test_outputs_of_attempts_that_are_over_count_towards_the_bound(
    monkeypatch: pytest.MonkeyPatch, delay: int
):
    monkeypatch.setattr(recording, "MAX_EXECUTION_BYTES", 2_500)

    def large(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        return {"text": "x" * 1_000}

    retry = {"maxAttempts": 9, "delay": delay}
    each = task(
        "each",
        type="flow.foreach",
        retry=retry,
        properties={"items": [1]},
        tasks=[task("large", type="t.large"), task("t", type="t.fail")],
    )
    bench = Bench(plan_of(each), {"t.large": large, "t.fail": failing()})
    bench.run()

    assert bench.runs["each"].attempt == 3
    error = bench.runs["each"].error
    assert error
    assert error.code == "output_too_large"


@pytest.mark.parametrize("delay", [0, 3600])
def test_objects_of_attempts_that_are_over_go_with_their_execution(delay: int):
    texts = iter(["a", "b"])

    def large(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        return {"text": next(texts) * (ROW_BYTES + 1)}

    plan = plan_of(
        box(
            task("large", type="t.large"),
            task("t", type="t.flaky"),
            retry={"maxAttempts": 2, "delay": delay},
        )
    )
    plugins = {"t.large": large, "t.flaky": flaky()}
    bench = Bench(plan, plugins, retentionSeconds=86_400)
    bench.run()

    assert bench.now.status is Status.SUCCESS
    assert len(bench.payloads.texts) == 2
    assert set(bench.payloads.days) == set(bench.payloads.texts)


@pytest.mark.parametrize("delay", [0, 3600])
def test_a_turn_that_is_past_adds_nothing_to_a_later_attempt(delay: int):
    calls = count(1)
    benches: list[Bench] = []

    def run(_properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        number = next(calls)
        if number == 1:
            # While this call hangs, others take over, fail, try again and end the execution.
            benches[0].run()
        if number == 2:
            raise PluginError("not yet", code="broken")
        return {"call": number}

    retry = {"maxAttempts": 2, "delay": delay}
    plan = plan_of(
        box(task("t", type="t.run"), retry=retry), setting("after", call="{{ outputs.t.call }}")
    )
    bench = Bench(plan, {"t.run": run})
    benches.append(bench)

    assert bench.turn() == "done"

    assert bench.now.status is Status.SUCCESS
    assert outputs(latest(bench, plan)["after"]) == {"call": 3}
    assert bench.runs["t"].status.value == "FAILED"
    assert bench.runs["t"].fence == bench.runs["box"].fence - (delay > 0)
