"""Loops in rounds: what repeats them, what ends them, and what they wait for."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from shared.executions.models import Status, TerminationReason
from shared.executions.task_runs import PassedRounds
from shared.people.approvals.gate import GateTask
from shared.plugins.sdk.plugin import TaskContext
from tests.support.approvals import InMemoryApprovals
from tests.support.container_attempts import die_at, flaky, setting
from tests.support.executions.bench import Abandoned, Bench, error_of, failing
from tests.support.plans import plan_of, task
from tests.support.worlds import World


def loop(until: Any, *tasks: Any, name: str = "poll", interval: Any = None, **fields: Any) -> Any:
    """A loop of `see`, which yields `index`, unless it has other tasks; `fields` are the task's."""
    names = {"most": "maxRounds", "then": "onExhausted"}
    more = {names[key]: fields.pop(key) for key in names if key in fields}
    pause = {} if interval is None else {"interval": interval}
    return task(
        name,
        type="flow.loop",
        properties={"until": until, **pause, **more},
        tasks=tasks or [setting("see", n="{{ index }}")],
        **fields,
    )


def outputs(bench: Bench, key: str) -> Any:
    return json.loads(bench.runs[key].outputs or "null")


@pytest.mark.parametrize(
    ("until", "rounds"),
    [
        ("outputs.see.n >= 2", 3),
        ("{{ outputs.see.n == 1 }}", 2),
        ("index == 1", 2),
        ("loops.poll.index == 2", 3),
        ("tasks.see.status == 'SUCCESS' and index > 0", 2),
        (True, 1),
        ("outputs.before.v", 1),
        ("inputs.nope | default(true)", 1),
    ],
)
def test_rounds_are_repeated_until_the_condition_holds_after_one(until: Any, rounds: int):
    bench = Bench(plan_of(setting("before", v=1), loop(until)))
    bench.turn()

    assert bench.now.status is Status.SUCCESS
    assert bench.now.tasks_executed == 3
    last = {"see": {"n": rounds - 1}}
    assert outputs(bench, "poll") == {"rounds": rounds, "exhausted": False, "outputs": last}
    assert [key for key in bench.runs if "#" in key] == [f"see#{n}" for n in range(rounds)]


def test_a_pause_is_a_moment_in_the_loops_record_and_no_turn_stays_for_it():
    bench = Bench(plan_of(loop("index == 2", interval="1m")), ticks=False)
    asked = [(bench.turn(), bench.answer.delay_seconds)]
    waiting = bench.runs["poll"]
    bench.ahead += timedelta(seconds=58)
    asked += [(bench.turn(), bench.answer.delay_seconds)]
    bench.ahead += timedelta(seconds=2)
    asked += [(bench.turn(), bench.answer.delay_seconds)]
    bench.ahead += timedelta(seconds=60)

    assert bench.turn() == "done"
    assert asked == [("wait", 60), ("wait", 2), ("wait", 60)]
    began = bench.now.started_at
    assert began
    assert (waiting.status, waiting.due_at) == ("RUNNING", began + timedelta(minutes=1))
    assert waiting.passed == PassedRounds(count=1, output_bytes=len('{"n":0}'))
    assert outputs(bench, "poll")["rounds"] == 3
    poll, finished = bench.runs["poll"], bench.now.finished_at
    assert (poll.started_at, poll.finished_at, poll.due_at) == (began, finished, None)


@pytest.mark.parametrize(
    ("interval", "pauses"),
    [
        ({"delay": "10s"}, [10, 10, 10, 10]),
        ({"delay": 10, "type": "exponential"}, [10, 20, 40, 80]),
        (
            {"delay": 10, "type": "exponential", "factor": 3, "maxDelay": "{{ '1m' }}"},
            [10, 30, 60, 60],
        ),
        ("{{ 5 * 2 }}", [10, 10, 10, 10]),
    ],
)
def test_pauses_grow_as_those_of_a_retry_do(interval: Any, pauses: list[int]):
    bench = Bench(plan_of(loop("index == 4", interval=interval)), ticks=False)
    found = []
    while bench.turn() == "wait":
        found.append(bench.answer.delay_seconds)
        bench.ahead += bench.pause

    assert found == pauses


def test_the_next_round_begins_by_the_clock_of_the_last_however_late_a_turn_comes():
    drawn: list[Any] = []

    def see(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        drawn.append((properties["at"], properties["id"]))
        return {}

    values = {"at": "{{ now() }}", "id": "{{ uuid() }}"}
    each = task("see", type="t.see", properties=values)
    bench = Bench(plan_of(loop("index == 1", each, interval="1h")), {"t.see": see}, ticks=False)
    bench.turn()
    due = bench.runs["poll"].due_at
    bench.ahead += timedelta(hours=5)
    bench.run()

    (first, id_of_first), (second, id_of_second) = drawn
    assert due
    assert second.startswith(due.isoformat()[:19])
    assert first < second
    assert id_of_first != id_of_second


def test_until_reads_the_round_that_is_over_and_no_earlier_one():
    once = task("once", when="index == 0", properties={"values": {"v": True}})
    until = "outputs.once.v | default(index == 2)"
    bench = Bench(plan_of(loop(f"index > 0 and ({until})", once)))
    bench.turn()

    assert outputs(bench, "poll") == {"rounds": 3, "exhausted": False, "outputs": {"once": {}}}


def test_a_loop_fails_when_its_rounds_are_used_up_and_keeps_its_outputs():
    bench = Bench(plan_of(loop("false", most=2)))
    bench.turn()

    assert error_of(bench, "poll") == ("loop_exhausted", "until did not hold in any of 2 rounds")
    assert bench.now.error
    assert bench.now.error.task_name == "poll"
    assert bench.runs["poll"].logs[-1].level == "ERROR"
    last = {"see": {"n": 1}}
    assert outputs(bench, "poll") == {"rounds": 2, "exhausted": True, "outputs": last}


def test_a_loop_may_go_on_when_its_rounds_are_used_up():
    bench = Bench(plan_of(loop("false", most="{{ 2.0 }}", then="continue")))
    bench.turn()

    assert bench.now.status is Status.SUCCESS
    assert outputs(bench, "poll")["exhausted"] is True


def test_a_hundred_rounds_are_the_usual_limit():
    bench = Bench(plan_of(loop("false", then="continue")))
    bench.turn()

    assert outputs(bench, "poll")["rounds"] == 100


def test_a_failure_in_a_round_fails_the_loop_and_names_the_task():
    bench = Bench(
        plan_of(loop("false", task("see", type="t.f")), setting("after")), {"t.f": failing()}
    )
    bench.turn()

    assert bench.statuses() == {"see#0": "FAILED", "poll": "FAILED", "after": "SKIPPED"}
    assert outputs(bench, "poll") == {
        "rounds": 1,
        "exhausted": False,
        "outputs": {"see": {"kept": 1}},
    }
    assert bench.now.error
    assert (bench.now.error.task_name, bench.now.error.code) == ("see", "broken")


def test_an_allowed_failure_in_a_round_lets_the_loop_go_on():
    see = task("see", type="t.f", allowFailure=True)
    bench = Bench(plan_of(loop("outputs.see.call | default(0)", see)), {"t.f": flaky(3)})
    bench.turn()

    assert bench.now.status is Status.SUCCESS
    assert outputs(bench, "poll")["outputs"] == {"see": {"call": 3}}


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"until": "outputs.see.nope"}, "template_error", "properties.until"),
        ({"until": "index /"}, "template_error", ""),
        ({"most": "{{ 'x' }}"}, "invalid_properties", "maxRounds must be a whole number from 1 to"),
        ({"most": "{{ 10001 }}"}, "invalid_properties", "from 1 to 10000"),
        ({"most": "{{ true }}"}, "invalid_properties", "maxRounds must be"),
        (
            {"interval": "{{ 'x' }}"},
            "invalid_properties",
            'properties.interval: "x" is no duration',
        ),
        ({"interval": "{{ {'delay': 's'} }}"}, "invalid_properties", "properties.interval.delay"),
        (
            {"interval": "{{ {'every': 1} }}"},
            "invalid_properties",
            "properties.interval takes delay",
        ),
        ({"interval": {"delay": 1, "type": "{{ 1 }}"}}, "invalid_properties", "interval.type must"),
        ({"interval": {"delay": 1, "factor": "{{ 0 }}"}}, "invalid_properties", "interval.factor"),
        (
            {"interval": {"delay": 10, "maxDelay": 5}},
            "invalid_properties",
            "interval.maxDelay is less than delay",
        ),
        (
            {"interval": {"delay": 10, "maxDelay": 5, "type": "random"}},
            "invalid_properties",
            "interval.maxDelay is less than delay",
        ),
        (
            {"interval": {"delay": 10, "type": "{{ 'random' }}"}},
            "invalid_properties",
            "interval.type random needs maxDelay",
        ),
        ({"then": "{{ 1 }}"}, "invalid_properties", "onExhausted must be fail or continue"),
    ],
)
def test_a_loop_whose_fields_cannot_be_read_fails_and_says_which(
    fields: dict[str, Any], code: str, message: str
):
    bench = Bench(plan_of(loop(**{"until": "false", **fields})))
    bench.turn()

    found, said = error_of(bench, "poll")
    assert found == code
    assert message in said


def test_a_loop_that_is_not_wanted_is_skipped():
    bench = Bench(plan_of(loop("false", when="false")))
    bench.turn()

    assert bench.statuses() == {"poll": "SKIPPED"}


@pytest.mark.parametrize("seconds", [90, 3600])
def test_its_timeout_ends_a_loop_that_waits_at_its_moment(seconds: int):
    plan = plan_of(loop("false", interval=seconds - 30, timeout="80s"), setting("after"))
    bench = Bench(plan, ticks=False)
    began = bench.turn()
    waited = bench.pause
    bench.ahead += bench.pause
    bench.run()

    assert began == "wait"
    assert waited == timedelta(seconds=min(seconds - 30, 80))
    poll = bench.runs["poll"]
    assert poll.status == "TIMED_OUT"
    assert poll.finished_at
    assert bench.now.started_at
    assert poll.finished_at - bench.now.started_at == timedelta(seconds=80)


WAIT = task("see", type="flow.wait", properties={"duration": "1h"})
AGAIN = task("see", type="t.f", retry={"maxAttempts": 2, "delay": "PT1H"})
LATE = task("see", type="flow.wait", when="index == 1", properties={"duration": "1h"})


@pytest.mark.parametrize(
    ("inside", "key"),
    [
        (WAIT, "see#0"),
        (AGAIN, "see#0"),
        (LATE, "see#1"),
        (task("box", type="flow.parallel", tasks=[WAIT]), "see#0"),
        (task("each", type="flow.foreach", properties={"items": [1]}, tasks=[AGAIN]), "see#0.0"),
        (loop("false", name="in", interval="1h"), "in#0"),
        (loop("false", WAIT, name="in"), "see#0.0"),
    ],
)
@pytest.mark.parametrize("retry", [None, {"maxAttempts": 2, "delay": 1}])
def test_its_timeout_cancels_what_waits_in_the_present_round(inside: Any, key: str, retry: Any):
    plan = plan_of(loop("index == 2", inside, interval=5, timeout=80, retry=retry))
    bench = Bench(plan, {"t.f": failing()}, ticks=False)
    bench.run()

    assert bench.runs["poll"].status == "TIMED_OUT"
    assert bench.runs[key].status == "CANCELLED"
    assert not [key for key, run in bench.runs.items() if not run.status.is_terminal]


def test_its_timeout_withdraws_what_people_are_asked_in_the_present_round():
    approvals = InMemoryApprovals()
    gate = task("ask", type="flow.gate", properties={"message": "?"})
    plan = plan_of(loop("index == 2", gate, timeout=80))
    bench = Bench(plan, externals={"flow.gate": GateTask(approvals)}, ticks=False)
    bench.turn()
    bench.ahead += timedelta(seconds=80)
    bench.turn()

    assert bench.statuses() == {"ask#0": "CANCELLED", "poll": "TIMED_OUT"}
    assert approvals.only().status == "CANCELLED"


def test_the_flows_timeout_ends_a_loop_that_waits():
    bench = Bench(plan_of(loop("false", interval="1h"), timeout="90s"), ticks=False)
    bench.run()

    assert bench.now.closing is TerminationReason.TIMEOUT
    assert bench.statuses() == {"see#0": "SUCCESS", "poll": "CANCELLED"}


def test_a_loop_that_is_repeated_begins_with_its_first_round():
    see = task("see", type="t.f", properties={"n": "{{ index }}", "attempt": "{{ task.attempt }}"})
    retry = {"maxAttempts": 2, "delay": 60}
    plan = plan_of(loop("false", see, interval=5, most=2, retry=retry))
    bench = Bench(plan, {"t.f": lambda properties, _context: {"n": properties["n"]}}, ticks=False)
    pauses = []
    while bench.turn() == "wait":
        pauses.append(bench.answer.delay_seconds)
        bench.ahead += bench.pause

    assert pauses == [5, 60, 5]
    assert set(bench.runs) == {"poll", "see#0", "see#1", "see@2#0", "see@2#1"}
    assert error_of(bench, "poll")[0] == "loop_exhausted"
    poll = bench.runs["poll"]
    assert poll.attempt == 2
    assert poll.passed == PassedRounds(count=1, output_bytes=4 * len('{"n":0}'))


def test_an_attempt_of_a_loop_times_out_by_its_own_beginning():
    retry = {"maxAttempts": 2, "delay": 60}
    bench = Bench(plan_of(loop("false", interval=50, timeout=80, retry=retry)), ticks=False)
    bench.run()

    poll = bench.runs["poll"]
    assert poll.status == "TIMED_OUT"
    assert poll.finished_at
    assert bench.now.started_at
    assert poll.finished_at - bench.now.started_at == timedelta(seconds=80 + 60 + 80)


def test_a_loop_stands_in_loops_and_holds_them():
    inner = loop("index == item", setting("see", n="{{ loops.each.item }}-{{ index }}"), interval=3)
    holds = task("each", type="flow.foreach", properties={"items": [0, 1, 2]}, tasks=[inner])
    outer = loop("index == 1", holds, name="outer", interval="1h")
    bench = Bench(plan_of(outer), ticks=False)
    bench.run()

    assert bench.now.status is Status.SUCCESS
    seen = {key: outputs(bench, key)["n"] for key in bench.runs if key.startswith("see")}
    expected = [
        (turn, item, index) for turn in (0, 1) for item in range(3) for index in range(item + 1)
    ]
    assert seen == {f"see#{t}.{item}.{index}": f"{item}-{index}" for t, item, index in expected}
    last = outputs(bench, "outer")["outputs"]
    assert [each["poll"]["rounds"] for each in last["each"]["results"]] == [1, 2, 3]
    passed, size = (
        bench.runs["outer"].passed,
        sum(len(run.outputs or "") for key, run in bench.runs.items() if key != "outer"),
    )
    assert passed
    assert (passed.count, passed.output_bytes) == (1, size)


def test_loops_side_by_side_wait_together():
    each = task(
        "each",
        type="flow.foreach",
        properties={"items": [1, 2, 3], "concurrency": 0},
        tasks=[loop("index == 1", interval="10m")],
    )
    bench = Bench(plan_of(each), ticks=False)
    bench.run()

    assert bench.ahead == timedelta(minutes=10)


def test_people_may_be_asked_in_each_round():
    approvals = InMemoryApprovals()
    gate = task("ask", type="flow.gate", properties={"message": "ok?"}, allowFailure=True)
    plan = plan_of(loop("outputs.ask.decision == 'approved'", gate))
    bench = Bench(plan, externals={"flow.gate": GateTask(approvals)})
    asked = [bench.turn()]
    asked += [bench.turn()]

    assert asked == ["park", "park"]
    assert bench.now.status is Status.PAUSED
    assert [approval.iteration for approval in approvals.all] == ["0"]


def test_an_execution_that_waits_for_a_round_is_not_paused():
    approvals = InMemoryApprovals()
    gate = task("ask", type="flow.gate", properties={"message": "ok?"}, dependsOn=[])
    plan = plan_of(gate, loop("false", interval="1m", dependsOn=[]))
    bench = Bench(plan, externals={"flow.gate": GateTask(approvals)})

    assert bench.turn() == "park"
    assert bench.now.status is Status.RUNNING
    assert bench.now.wake_at == bench.runs["poll"].due_at


def test_a_turn_without_time_leaves_the_next_round_to_another():
    bench = Bench(plan_of(loop("index == 3")))
    left = iter([900.0, 900.0])

    answer = bench.turn(remaining=lambda: next(left, 10.0))

    assert answer == "continue"
    assert bench.runs["poll"].status == "RUNNING"
    bench.run()
    assert outputs(bench, "poll")["rounds"] == 4


def test_a_mocked_loop_runs_no_round():
    bench = Bench(plan_of(loop("false")), mocks={"poll": {"outputs": {"rounds": 1}}})
    bench.turn()

    assert bench.statuses() == {"poll": "SUCCESS"}


class Dying:
    """A loop of three rounds whose turn dies at one write; `called` are the rounds that ran."""

    def __init__(self, number: int, fatal: str, interval: Any) -> None:
        self.called: list[int] = []
        self.has_died = False
        self._die = die_at({number}, fatal)
        see = task("see", type="t.see", properties={"n": "{{ index }}"})
        plan = plan_of(loop("outputs.see.n == 2", see, setting("then"), interval=interval))
        self.bench = Bench(plan, {"t.see": self._see}, ticks=False)
        self.bench.store.on_write = self._note

    def _see(self, properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        self.called.append(properties["n"])
        return properties

    def _note(self, moment: str) -> None:
        try:
            self._die(moment)
        except Abandoned:
            self.has_died = True
            raise

    def to_the_end(self) -> Bench:
        answer = ""
        while answer != "done":
            with suppress(Abandoned):
                answer = self.bench.turn()
                self.bench.ahead += self.bench.pause
        return self.bench


@pytest.mark.parametrize("fatal", ["before", "after"])
@pytest.mark.parametrize("interval", [None, "10s"])
def test_no_round_is_repeated_or_left_out_wherever_a_turn_dies(fatal: str, interval: Any):
    for number in count():
        dying = Dying(number, fatal, interval)
        bench = dying.to_the_end()

        assert bench.now.status is Status.SUCCESS
        assert outputs(bench, "poll")["rounds"] == 3
        settled = [run.iteration for run in bench.store.written if run.task_name == "see"]
        assert settled == ["0", "1", "2"]
        assert list(dict.fromkeys(dying.called)) == [0, 1, 2]
        if not dying.has_died:
            break
    assert number > 8


def test_a_turn_that_was_fenced_out_decides_nothing_more():
    other: list[str] = []

    def see(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
        if properties["n"] == 1 and not other:
            other.append("began")
            other.append(bench.turn())
        return dict(properties)

    see_it = task("see", type="t.see", properties={"n": "{{ index }}"})
    plan = plan_of(loop("index == 3", see_it, interval="10s"))
    bench = Bench(plan, {"t.see": see}, ticks=False)
    answers = [bench.turn()]
    bench.ahead += bench.pause
    answers += [bench.turn()]
    bench.ahead += bench.pause
    bench.run()

    assert (answers, other) == (["wait", "done"], ["began", "wait"])
    assert outputs(bench, "poll")["rounds"] == 4
    keys = [run.iteration for run in bench.store.written if run.task_name == "see"]
    assert keys == ["0", "1", "2", "3"]


@pytest.mark.parametrize("number", range(8))
def test_a_cancel_at_any_moment_ends_a_loop_and_starts_no_further_round(number: int):
    plan = plan_of(loop("index == 2", interval="10s"), **{"finally": [setting("last")]})
    world, writes = World(plan), count()

    def cancel(moment: str) -> None:
        if moment == "after" and next(writes) == number:
            world.cancel()

    world.on_write(cancel)
    ended = world.to_the_end(iter(lambda: 900.0, None))

    assert ended.status in {Status.CANCELLED, Status.SUCCESS}
    assert all(run.status.is_terminal for run in world.runs.values())
    assert "last" in world.runs
    if ended.status is Status.CANCELLED:
        assert world.late_starts == 0


def test_a_turn_reads_the_present_round_and_none_that_is_over():
    plan = plan_of(loop("index == 20", interval="10s"))
    bench = Bench(plan)
    bench.run()

    assert bench.store.rounds_read == [f"poll#{n}" for n in range(21)]
    assert max(bench.store.rows_read) == 1


def test_what_a_flow_reads_of_a_loop_from_outside_is_its_outputs():
    after = setting("after", n="{{ outputs.poll.outputs.see.n }}", see="{{ outputs.see | json }}")
    bench = Bench(plan_of(loop("index == 1"), after))
    bench.turn()

    assert outputs(bench, "after") == {"n": 1, "see": "{}"}


def test_a_failure_that_its_round_tries_again_is_no_failure_of_the_loop():
    see = task("see", type="t.f", retry={"maxAttempts": 2, "delay": 5})
    bench = Bench(plan_of(loop("index == 1", see)), {"t.f": flaky(2)}, ticks=False)
    bench.run()

    assert bench.now.status is Status.SUCCESS
    assert bench.ahead == timedelta(seconds=5)
