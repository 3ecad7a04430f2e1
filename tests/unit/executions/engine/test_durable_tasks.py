"""Tasks that end outside: what a turn does with them, in loops, retries and cancels."""

from datetime import timedelta
from typing import Any

import pytest

from shared.executions.engine.patience import LONGEST_PAUSE, PATIENCE, SHORTEST_PAUSE
from shared.executions.models import Status, TerminationReason
from shared.executions.task_runs import Failure, TaskStatus
from shared.executions.tasks.durable import DurableState, NotNowError, Poll
from shared.plugins.sdk.plugin import PluginError
from tests.support.desk import Desk, approve, bench_of, gate
from tests.support.executions.bench import Bench
from tests.support.plans import plan_of, task
from tests.support.slow_plugins import Lingering


def test_a_flow_that_waits_for_a_person_is_parked_and_paused():
    desk = Desk()
    bench = bench_of(desk, gate("g"), task("after", properties={"values": {}}))

    assert bench.turn() == "park"

    assert bench.statuses() == {"g": "PAUSED"}
    assert bench.runs["g"].outputs == '{"approvalId":"x"}'
    assert bench.now.status is Status.PAUSED
    assert bench.now.is_parked


def test_a_decision_lets_the_next_turn_go_on():
    desk = Desk()
    bench = bench_of(desk, gate("g"), task("after", properties={"values": {}}))
    bench.turn()
    desk.said["g"] = approve(decision="approved")

    assert bench.turn() == "done"

    assert bench.statuses() == {"g": "SUCCESS", "after": "SUCCESS"}
    assert bench.now.status is Status.SUCCESS


def test_a_branch_that_waits_holds_up_no_other():
    desk = Desk()
    bench = bench_of(
        desk,
        gate("g", dependsOn=[]),
        task("b", dependsOn=[], properties={"values": {}}),
        task("c", dependsOn=["b"], properties={"values": {}}),
    )

    assert bench.turn() == "park"
    assert bench.statuses() == {"g": "PAUSED", "b": "SUCCESS", "c": "SUCCESS"}


def test_gates_in_loops_are_asked_for_each_iteration():
    desk = Desk()
    loop = task(
        "loop",
        type="flow.foreach",
        properties={"items": [1, 2], "concurrency": 0},
        tasks=[gate("g", properties={"message": "{{ item }}?"})],
    )
    bench = bench_of(desk, loop)
    bench.turn()

    assert {poll.key: poll.properties["message"] for poll in desk.visits} == {
        "g#0": "1?",
        "g#1": "2?",
    }
    desk.said = {"g#0": approve(), "g#1": approve()}
    assert bench.turn() == "done"
    assert bench.now.status is Status.SUCCESS


def test_a_retry_and_a_gate_wait_together_and_the_earlier_is_due():
    desk = Desk()
    waiting = task("w", type="flow.wait", dependsOn=[], properties={"duration": "10m"})
    bench = bench_of(desk, gate("g", dependsOn=[]), waiting)

    assert bench.turn() == "park"

    [at] = bench.timers
    assert bench.now.wake_at == at
    assert bench.now.status.value == "RUNNING"
    bench.ahead += timedelta(minutes=10)
    assert bench.turn() == "park"
    assert bench.statuses() == {"g": "PAUSED", "w": "SUCCESS"}
    assert bench.now.status.value == "PAUSED"


def test_a_task_that_ends_outside_may_time_out():
    desk = Desk()
    bench = bench_of(desk, gate("g", timeout=60))
    bench.turn()
    bench.ahead += timedelta(seconds=61)

    assert bench.turn() == "done"

    assert bench.statuses() == {"g": "TIMED_OUT"}
    assert desk.cancelled == ["g"]
    assert bench.runs["g"].outputs == '{"approvalId":"x"}'


def test_the_flows_timeout_ends_a_parked_execution():
    desk = Desk()
    bench = bench_of(desk, gate("g"), timeout=60)
    bench.turn()

    assert bench.now.wake_at is not None
    bench.ahead += timedelta(seconds=61)
    assert bench.turn() == "done"
    assert bench.now.status is Status.TIMED_OUT
    assert desk.cancelled == ["g"]


def test_a_cancelled_execution_tells_those_outside():
    desk = Desk()
    bench = bench_of(desk, gate("g"))
    bench.turn()
    bench.store.mark_terminating(bench.now, TerminationReason.CANCEL)

    assert bench.turn() == "done"
    assert bench.statuses() == {"g": "CANCELLED"}
    assert desk.cancelled == ["g"]


def test_a_refusal_outside_fails_the_task_and_keeps_its_outputs():
    rejected = DurableState(
        TaskStatus.FAILED,
        outputs={"decision": "rejected"},
        error=Failure(code="rejected", message="rejected by ana"),
    )
    desk = Desk(g=rejected)
    bench = bench_of(
        desk,
        gate("g", allowFailure=True),
        task("note", properties={"values": {"d": "{{ outputs.g.decision }}"}}),
    )
    bench.turn()

    assert bench.runs["note"].outputs == '{"d":"rejected"}'
    assert bench.now.status is Status.SUCCESS


def test_what_is_wrong_with_such_a_task_fails_it():
    class Strict(Desk):
        def step(self, poll: Poll) -> DurableState:
            raise PluginError(f"no {poll.task_name}", code="flow_not_found")

    bench = bench_of(Strict(), gate("g"))
    bench.turn()

    error = bench.runs["g"].error
    assert error is not None
    assert (error.code, error.message) == ("flow_not_found", "no g")


def test_what_is_said_outside_must_be_json():
    bench = bench_of(Desk(g=approve(n=float("nan"))), gate("g"))
    bench.turn()

    error = bench.runs["g"].error
    assert error is not None
    assert error.code == "invalid_output"


def test_a_condition_may_leave_such_a_task_out():
    desk = Desk()
    bench = bench_of(desk, gate("g", when="false"))
    bench.turn()

    assert bench.statuses() == {"g": "SKIPPED"}
    assert desk.visits == []


@pytest.mark.timing
def test_while_others_run_a_decision_is_seen_within_a_second():
    class Later(Desk):
        def step(self, poll: Poll) -> DurableState:
            super().step(poll)
            return approve() if len(self.visits) > 1 else DurableState(TaskStatus.PAUSED)

    desk = Later()
    slow = task("slow", type="t.slow", dependsOn=[])
    after = task("after", dependsOn=["g"], properties={"values": {}})
    bench = bench_of(
        desk, gate("g", dependsOn=[]), slow, after, plugins={"t.slow": Lingering("after")}
    )

    assert bench.turn() == "done"
    runs = bench.runs
    assert runs["after"].finished_at is not None
    assert runs["slow"].finished_at is not None
    # The same millisecond will do: what lingers goes on as soon as the other has ended.
    assert runs["after"].finished_at <= runs["slow"].finished_at


def test_what_time_was_too_short_for_goes_on_at_once_whatever_else_waits():
    tasks = [task(f"t{n}", dependsOn=[], properties={"values": {}}) for n in range(3)]
    box = task("box", type="flow.parallel", dependsOn=[], timeout="1h", tasks=tasks)
    wait = task("w", type="flow.wait", dependsOn=[], properties={"duration": "1h"})
    bench = bench_of(Desk(), gate("g", dependsOn=[]), wait, box)

    assert bench.turn(remaining=lambda: 30.0) == "continue"
    assert bench.turn(remaining=lambda: 30.0) == "continue"
    assert bench.turn(remaining=lambda: 30.0) == "park"

    assert bench.statuses()["box"] == "SUCCESS"


AGAIN = {"maxAttempts": 3, "delay": 600}


def refuse(**outputs: Any) -> DurableState:
    return DurableState(
        TaskStatus.FAILED, outputs=outputs, error=Failure(code="rejected", message="rejected")
    )


def test_what_failed_outside_is_asked_again_under_another_name():
    desk = Desk(g=refuse(n=1))
    bench = bench_of(desk, gate("g", retry=AGAIN), task("after", properties={"values": {}}))

    assert bench.turn() == "wait"
    assert bench.statuses() == {"g": "RETRYING"}
    assert bench.answer.delay_seconds == 600
    assert bench.turn() == "wait"
    assert len(desk.visits) == 1

    bench.ahead += timedelta(minutes=10)
    assert bench.turn() == "park"
    assert (bench.statuses(), bench.runs["g"].attempt) == ({"g": "PAUSED"}, 2)
    desk.said["g/2"] = approve()
    assert bench.turn() == "done"
    visits = desk.visits[1:]
    assert [poll.key for poll in visits] == ["g/2", "g/2"]
    assert [poll.run and poll.run.attempt for poll in visits] == [None, 2]
    # The same moment in every visit, or ids made of it would differ.
    assert len({poll.started_at for poll in visits}) == 1
    assert bench.runs["g"].attempt == 2
    assert bench.now.status is Status.SUCCESS


def test_attempts_outside_run_out_and_keep_the_last_outputs():
    desk = Desk(g=refuse(n=1), **{"g/2": refuse(n=2), "g/3": refuse(n=3)})
    bench = bench_of(desk, gate("g", retry={"maxAttempts": 3, "delay": 0}))

    assert bench.turn() == "done"

    assert (bench.runs["g"].outputs, bench.runs["g"].attempt) == ('{"n":3}', 3)
    lines = [(line.attempt, line.level) for line in bench.runs["g"].logs]
    assert lines == [(1, "ERROR"), (1, "WARN"), (2, "ERROR"), (2, "WARN"), (3, "ERROR")]
    assert bench.now.status is Status.FAILED


def test_a_time_out_outside_counts_from_its_own_attempt():
    desk = Desk()
    fields = {"timeout": "1h", "retry": {"maxAttempts": 2, "delay": 1800}}
    bench = bench_of(desk, gate("g", **fields))
    bench.turn()
    bench.ahead += timedelta(hours=1)
    assert bench.turn() == "wait"
    assert (bench.runs["g"].status, desk.cancelled) == (TaskStatus.RETRYING, ["g"])

    bench.ahead += timedelta(minutes=30)
    assert bench.turn() == "park"
    bench.ahead += timedelta(minutes=59)
    assert bench.turn() == "park"
    bench.ahead += timedelta(minutes=2)
    assert bench.turn() == "done"

    assert bench.runs["g"].status is TaskStatus.TIMED_OUT
    assert desk.cancelled == ["g", "g/2"]


def test_a_cancel_between_two_attempts_outside_withdraws_the_next():
    desk = Desk(g=refuse())
    bench = bench_of(desk, gate("g", retry=AGAIN))
    bench.turn()

    bench.store.mark_terminating(bench.now, TerminationReason.CANCEL)
    bench.run()

    assert bench.statuses() == {"g": "CANCELLED"}
    assert desk.cancelled == ["g/2"]


def test_a_wait_that_is_cut_is_tried_again_from_the_start():
    fields = {"timeout": "1m", "retry": {"maxAttempts": 2, "delay": 600}}
    wait = task("w", type="flow.wait", properties={"duration": "5m"}, **fields)
    bench = Bench(plan_of(wait))

    assert bench.turn() == "wait"
    bench.ahead += timedelta(minutes=1)
    assert bench.turn() == "wait"
    assert bench.statuses() == {"w": "RETRYING"}
    bench.ahead += timedelta(minutes=10)
    assert bench.turn() == "wait"
    assert (bench.runs["w"].status, bench.runs["w"].attempt) == (TaskStatus.RUNNING, 2)
    assert bench.answer.delay_seconds == 60
    bench.ahead += timedelta(minutes=1)
    assert bench.turn() == "done"
    assert bench.runs["w"].status is TaskStatus.TIMED_OUT


def test_a_loop_without_a_limit_asks_in_all_iterations_at_once():
    desk = Desk()
    loop = task(
        "loop",
        type="flow.foreach",
        properties={"items": list(range(300)), "concurrency": 0},
        tasks=[gate("g"), task("after", properties={"values": {}})],
    )
    bench = bench_of(desk, loop)

    assert bench.turn() == "park"

    assert len({poll.key for poll in desk.visits}) == 300
    desk.said = {f"g#{index}": approve() for index in range(300)}
    assert bench.turn() == "done"
    assert bench.now.status is Status.SUCCESS


def test_a_loop_without_a_limit_leaves_it_at_a_thousand_that_wait():
    desk = Desk()
    loop = task(
        "loop",
        type="flow.foreach",
        properties={"items": list(range(1_100)), "concurrency": 0},
        tasks=[gate("g")],
    )
    bench = bench_of(desk, loop)

    assert bench.turn() == "park"
    assert len({poll.key for poll in desk.visits}) == 1_000


def loop_over_a_desk(desk: Desk, **fields: Any) -> Bench:
    """A loop of 100 items that are over as soon as they are asked for, half a second each."""
    loop = task(
        "loop", type="flow.foreach", properties={"items": list(range(100))}, tasks=[gate("g")]
    )
    bench = bench_of(desk, loop, **fields)
    desk.said = {f"g#{index}": approve() for index in range(100)}
    desk.on_visit = lambda: bench.skip(0.5)
    return bench


def test_a_cancel_stops_a_loop_that_never_waits():
    desk = Desk()
    bench = loop_over_a_desk(desk)

    def cancel() -> None:
        bench.skip(0.5)
        if len(desk.visits) == 3:
            bench.store.terminate(
                bench.now, TerminationReason.CANCEL, check_at=bench.now.created_at
            )

    desk.on_visit = cancel

    assert bench.turn() == "done"
    assert len(desk.visits) <= 5


def test_so_does_the_flows_timeout():
    desk = Desk()
    bench = loop_over_a_desk(desk, timeout=5)

    assert bench.run().status is Status.TIMED_OUT
    assert len(desk.visits) <= 11


def test_a_loop_that_never_waits_is_gone_on_with_by_the_next_turn_in_time():
    desk = Desk()
    bench = loop_over_a_desk(desk)

    assert bench.turn(remaining=lambda: 900.0 - 30 * len(desk.visits)) == "continue"
    assert len(desk.visits) == 28
    assert bench.run().status is Status.SUCCESS


class Absent(Desk):
    """A desk that nobody is at for so many polls."""

    def __init__(self, polls: int) -> None:
        super().__init__()
        self.left, self.polls = polls, 0

    def step(self, poll: Poll) -> DurableState:
        self.polls += 1
        if self.left:
            self.left -= 1
            raise NotNowError
        return super().step(poll)


def test_what_cannot_begin_now_begins_later_and_holds_up_no_other():
    desk = Absent(polls=2)
    bench = bench_of(desk, gate("g", dependsOn=[]), task("b", dependsOn=[], properties={}))

    assert bench.turn() == "wait"

    assert bench.pause == SHORTEST_PAUSE
    assert desk.polls == 1
    assert list(bench.runs) == ["b"]
    bench.ahead += bench.pause
    assert bench.turn() == "wait"
    bench.ahead += bench.pause
    assert bench.turn() == "park"
    assert bench.statuses()["g"] == "PAUSED"


def test_what_cannot_begin_for_long_fails():
    desk = Absent(polls=10**6)
    bench = bench_of(desk, gate("g", allowFailure=True), task("after", properties={"values": {}}))

    waited = timedelta()
    while bench.turn() == "wait":
        assert bench.pause <= LONGEST_PAUSE
        waited += bench.pause
        bench.ahead += bench.pause

    assert PATIENCE <= waited < PATIENCE + LONGEST_PAUSE
    error = bench.runs["g"].error
    assert error
    assert error.code == "unavailable"
    assert bench.statuses()["after"] == "SUCCESS"
