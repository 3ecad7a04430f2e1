"""Gates: what is asked, who decides, and what a flow sees of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.executions.logs import joined
from shared.executions.models import Status, TerminationReason
from shared.executions.store.items import run_to_item
from shared.json_text import compact
from shared.people.approvals.gate import GateTask
from shared.people.approvals.items import approval_to_item
from shared.people.approvals.models import Approval, ApprovalStatus, Decision
from tests.support.approvals import InMemoryApprovals
from tests.support.executions.bench import Bench
from tests.support.plans import plan_of, task


class GateBench(Bench):
    """A bench whose flows may ask people."""

    def __init__(
        self, *tasks: Any, secrets: Any = None, retention: int | None = None, **fields: Any
    ) -> None:
        self.approvals = InMemoryApprovals()
        super().__init__(
            plan_of(*tasks, **fields),
            externals={"flow.gate": GateTask(self.approvals)},
            secrets=secrets or {},
            retentionSeconds=retention,
        )

    def decide(self, decision: str, approval: Approval | None = None, comment: str = "") -> bool:
        decided = (approval or self.approvals.only()).decided(
            Decision(decision), by="ana", at=datetime.now(UTC) + self.ahead, comment=comment or None
        )
        return self.approvals.replace(decided)

    def pass_time(self, **time: float) -> str:
        self.ahead += timedelta(**time)
        return self.turn(generation=self.now.generation)

    def outputs(self, name: str) -> Any:
        return json.loads(self.runs[name].outputs or "null")


def gate(name: str = "g", **properties: Any) -> Any:
    more: dict[str, Any] = {}
    if "timeout_" in properties:
        more["timeout"] = properties.pop("timeout_")
    return task(name, type="flow.gate", properties={"message": "Go?", **properties}, **more)


def after(name: str = "after") -> Any:
    return task(name, dependsOn=["g"], properties={"values": {}})


def test_a_gate_asks_and_pauses_its_execution():
    bench = GateBench(gate(approvers=["ops", "ana"], timeout="1h"), after())

    assert bench.turn() == "park"

    approval = bench.approvals.only()
    assert (approval.message, approval.approvers) == ("Go?", ("ops", "ana"))
    assert approval.status is ApprovalStatus.PENDING
    assert approval.expires_at == approval.requested_at + timedelta(hours=1)
    assert (approval.execution_id, approval.task_name) == (bench.execution.id, "g")
    assert bench.outputs("g") == {"approvalId": approval.id}
    assert bench.now.status is Status.PAUSED
    assert bench.now.wake_at == approval.expires_at


def test_a_message_that_is_a_number_is_asked_as_templates_write_it():
    bench = GateBench(gate(message="{{ 10 / 2 }}"))

    bench.turn()

    assert bench.approvals.only().message == "5"


def test_an_approval_lets_the_flow_go_on():
    bench = GateBench(gate(), after())
    bench.turn()
    assert bench.now.wake_at is None
    bench.decide("approved", comment="well done")

    assert bench.turn() == "done"

    assert bench.statuses() == {"g": "SUCCESS", "after": "SUCCESS"}
    outputs = bench.outputs("g")
    assert (outputs["decision"], outputs["decidedBy"]) == ("approved", "ana")
    assert outputs["comment"] == "well done"
    assert outputs["decidedAt"].endswith("Z")


def test_a_rejection_fails_the_gate_and_keeps_what_was_said():
    bench = GateBench(gate(), after())
    bench.turn()
    bench.decide("rejected", comment="not today")

    assert bench.turn() == "done"

    assert bench.statuses() == {"g": "FAILED", "after": "SKIPPED"}
    assert bench.outputs("g")["decision"] == "rejected"
    assert bench.now.error is not None
    assert bench.now.error.code == "rejected"
    assert bench.now.error.message == "rejected by ana: not today"


@pytest.mark.parametrize(
    ("on_timeout", "status", "decision"),
    [
        ("reject", "FAILED", "rejected"),
        ("approve", "SUCCESS", "approved"),
        ("fail", "TIMED_OUT", None),
    ],
)
def test_what_nobody_decides_in_time_decides_itself(
    on_timeout: str, status: str, decision: str | None
):
    bench = GateBench(gate(timeout=60, onTimeout=on_timeout))
    bench.turn()
    assert bench.pass_time(seconds=61) == "done"

    assert bench.statuses() == {"g": status}
    assert bench.outputs("g")["decision"] == decision
    approval = bench.approvals.only()
    assert (approval.status, approval.decision) == (ApprovalStatus.EXPIRED, decision)
    assert not bench.decide("approved", approval)


def test_the_time_out_of_the_gate_comes_before_that_of_the_task():
    bench = GateBench(gate(timeout=60, onTimeout="approve", timeout_=60))
    bench.turn()
    bench.pass_time(seconds=61)

    assert bench.statuses() == {"g": "SUCCESS"}


def test_the_time_out_of_the_task_closes_the_approval():
    bench = GateBench(gate(timeout=600, timeout_=60))
    bench.turn()
    bench.pass_time(seconds=61)

    assert bench.statuses() == {"g": "TIMED_OUT"}
    assert bench.approvals.only().status is ApprovalStatus.CANCELLED
    assert not bench.decide("approved")


def test_a_decision_just_before_the_time_out_of_the_task_counts():
    bench = GateBench(gate(timeout_=60))
    bench.turn()
    asked = bench.approvals.only()

    class Racing(InMemoryApprovals):
        def close(self, tenant: str, approval_id: str, *, at: datetime) -> bool:
            bench.decide("approved", asked)
            return super().close(tenant, approval_id, at=at)

    bench.approvals.__class__ = Racing
    bench.pass_time(seconds=61)

    assert bench.statuses() == {"g": "SUCCESS"}


def test_a_decision_just_before_the_expiry_counts():
    bench = GateBench(gate(timeout=60, onTimeout="reject"))
    bench.turn()

    class Racing(InMemoryApprovals):
        def expire(self, expired: Approval) -> bool:
            bench.decide("approved")
            return super().expire(expired)

    bench.approvals.__class__ = Racing
    bench.pass_time(seconds=61)

    assert bench.statuses() == {"g": "SUCCESS"}


def test_reminders_and_escalations_are_counted_once_and_logged():
    bench = GateBench(
        gate(
            approvers=["ops"],
            remind=["10m", 1800],
            escalate=[{"after": "20m", "to": "lead"}, {"after": "1h", "to": ["boss", "ops"]}],
        )
    )
    bench.turn()
    asked = bench.approvals.only().requested_at
    assert bench.now.wake_at == asked + timedelta(minutes=10)

    bench.pass_time(minutes=10)
    assert bench.approvals.only().reminders == 1
    assert bench.now.wake_at == asked + timedelta(minutes=20)
    bench.pass_time(minutes=10)
    assert bench.approvals.only().approvers == ("ops", "lead")
    bench.turn()
    bench.pass_time(hours=1)

    approval = bench.approvals.only()
    assert (approval.reminders, approval.escalations) == (2, 2)
    assert approval.approvers == ("ops", "lead", "boss")
    assert [line.message for line in bench.runs["g"].logs] == [
        "reminder 1 of 2",
        "escalated to lead",
        "reminder 2 of 2",
        "escalated to boss, ops",
    ]
    assert bench.statuses() == {"g": "PAUSED"}


def test_the_largest_gate_fits_into_its_rows():
    many = [
        [f"{step}-{number}".rjust(256, "\N{GRINNING FACE}") for number in range(33)]
        for step in range(9)
    ]
    bench = GateBench(
        gate(
            message="m" * 8192,
            approvers=many[0],
            remind=[1 + number for number in range(100)],
            escalate=[{"after": 1 + step, "to": to} for step, to in enumerate(many[1:])],
        )
    )
    bench.turn()
    bench.pass_time(hours=1)

    assert bench.approvals.only().escalations == 8
    stored = [approval_to_item(bench.approvals.only())]
    stored.append(run_to_item(bench.now, bench.runs["g"]))
    assert all(len(compact(item).encode()) < 350_000 for item in stored)
    lines = bench.runs["g"].logs
    assert len(lines) == 108
    assert lines[-1].message == "reminder 100 of 100"
    assert lines[0].message.endswith("1-2 and 30 more")
    assert joined(lines, ()) == lines


def test_an_escalation_takes_nobody_the_right_to_decide():
    bench = GateBench(gate(escalate=[{"after": 60, "to": "boss"}]))
    bench.turn()
    bench.pass_time(seconds=60)

    assert bench.approvals.only().approvers == ()
    assert [line.message for line in bench.runs["g"].logs] == ["escalated to boss"]


def test_a_reminder_meets_a_decision():
    bench = GateBench(gate(remind=[60]))
    bench.turn()

    class Racing(InMemoryApprovals):
        def remind(self, approval: Approval, reminded: Approval) -> bool:
            bench.decide("approved")
            return super().remind(approval, reminded)

    bench.approvals.__class__ = Racing
    bench.pass_time(seconds=61)

    assert bench.statuses() == {"g": "SUCCESS"}
    assert bench.approvals.only().reminders == 0


def test_an_approval_that_others_keep_changing_is_left_for_the_next_visit(
    monkeypatch: pytest.MonkeyPatch,
):
    bench = GateBench(gate(remind=["10m"], timeout="1h"))
    bench.turn()
    monkeypatch.setattr(bench.approvals, "remind", lambda *_: False)

    assert bench.pass_time(minutes=15) == "park"

    assert bench.statuses() == {"g": "PAUSED"}
    assert bench.approvals.only().reminders == 0


def test_a_turn_that_died_after_asking_asks_the_same():
    bench = GateBench(gate())
    bench.store.is_broken = True
    with pytest.raises(ConnectionError):
        bench.turn()
    bench.store.is_broken = False
    bench.turn()

    assert bench.approvals.asked == 1
    assert bench.outputs("g") == {"approvalId": bench.approvals.only().id}


def test_each_gate_of_a_loop_asks_for_itself_when_its_turn_comes():
    loop = task(
        "loop",
        type="flow.foreach",
        properties={"items": ["a", "b"]},
        tasks=[task("g", type="flow.gate", properties={"message": "{{ item }}?", "timeout": 3600})],
    )
    bench = GateBench(loop)
    bench.turn()
    first = bench.approvals.only()
    assert (first.message, first.iteration) == ("a?", "0")
    bench.ahead += timedelta(minutes=50)
    bench.decide("approved")
    assert bench.turn() == "park"

    [second] = [each for each in bench.approvals.all if each.is_pending]
    assert (second.message, second.iteration) == ("b?", "1")
    # Its hour begins when it is asked, not with the loop.
    assert bench.pass_time(minutes=30) == "park"
    bench.decide("approved", second)
    assert bench.turn() == "done"
    assert bench.now.status is Status.SUCCESS


def test_a_gate_of_a_loop_that_asks_again_names_the_same_iteration():
    again = gate().model_copy(
        update={"retry": task("r", retry={"maxAttempts": 2, "delay": 60}).retry}
    )
    bench = GateBench(task("loop", type="flow.foreach", properties={"items": ["a"]}, tasks=[again]))
    bench.turn()
    bench.decide("rejected")
    assert bench.turn() == "wait"

    assert bench.pass_time(minutes=1) == "park"

    asked = [(each.status, each.iteration) for each in bench.approvals.all]
    assert asked == [(ApprovalStatus.REJECTED, "0"), (ApprovalStatus.PENDING, "0")]


def test_what_earlier_attempts_asked_is_not_kept_for_ever():
    again = gate().model_copy(
        update={"retry": task("r", retry={"maxAttempts": 2, "delay": 60}).retry}
    )
    bench = GateBench(again, retention=3600)
    bench.turn()
    bench.decide("rejected")
    bench.turn()
    bench.pass_time(minutes=1)
    [first, second] = bench.approvals.all
    bench.decide("approved", second)

    assert bench.turn() == "done"

    ended = bench.now.finished_at
    assert ended
    # Of the last attempt the end is known; an earlier one stays through a year of further ones.
    left = {each: at - ended for each, at in bench.approvals.kept.items()}
    assert timedelta(days=1) < left[second.id] < timedelta(days=2)
    assert timedelta(days=365) < left[first.id] < timedelta(days=368)


def test_without_a_retention_no_time_is_written_for_what_was_asked():
    again = gate().model_copy(update={"retry": task("r", retry={"maxAttempts": 1}).retry})
    bench = GateBench(again)
    bench.turn()
    bench.decide("rejected")

    assert bench.turn() == "done"

    assert bench.approvals.kept == {}


def looped(concurrency: int, count: int, *before: Any, **fields: Any) -> Any:
    """A loop over a gate that has an hour from when its turn comes."""
    return task(
        "each",
        type="flow.foreach",
        properties={"items": [*range(count)], "concurrency": concurrency},
        tasks=[*before, gate(message="{{ item }} at {{ now() }}", timeout_="1h")],
        **fields,
    )


@pytest.mark.parametrize("concurrency", [1, 2, 3])
def test_the_time_out_of_a_gate_in_a_loop_counts_from_when_its_turn_comes(concurrency: int):
    bench = GateBench(looped(concurrency, 6))
    bench.turn()

    for number in range(6):
        bench.pass_time(minutes=10)
        bench.turn()
        [oldest, *_] = [each for each in bench.approvals.all if each.is_pending]
        assert oldest.iteration == str(number)
        bench.decide("approved", oldest)
        bench.turn()

    assert bench.now.status is Status.SUCCESS
    assert bench.approvals.asked == 6
    asked = [each.message.partition(" at ")[2] for each in bench.approvals.all]
    assert asked == sorted(asked)
    assert len(set(asked)) == 7 - concurrency


@pytest.mark.parametrize("concurrency", [1, 2])
def test_so_it_does_in_a_list_with_a_limit(concurrency: int):
    gates = [gate(f"g{number}", timeout_="1h") for number in range(4)]
    skipped = task("skipped", when=False)
    box = task(
        "box",
        type="flow.parallel",
        properties={"concurrency": concurrency},
        tasks=[gates[0], skipped, *gates[1:]],
    )
    bench = GateBench(box)
    bench.turn()

    for number in range(4):
        bench.pass_time(minutes=25)
        [oldest, *_] = [each for each in bench.approvals.all if each.is_pending]
        assert oldest.task_name == f"g{number}"
        bench.decide("approved", oldest)
        bench.turn()

    assert bench.now.status is Status.SUCCESS
    assert bench.approvals.asked == 4


def test_the_oldest_gate_of_a_loop_may_take_its_time():
    bench = GateBench(looped(2, 4))
    bench.turn()
    [slow, *_] = bench.approvals.all
    for _ in range(3):
        bench.pass_time(minutes=15)
        bench.decide("approved", [each for each in bench.approvals.all if each.is_pending][-1])
        bench.turn()

    bench.decide("approved", slow)
    assert bench.turn() == "done"
    assert bench.now.status is Status.SUCCESS
    assert bench.approvals.asked == 4


def test_a_gate_behind_skipped_iterations_counts_from_the_one_before_those():
    loop = task(
        "each",
        type="flow.foreach",
        properties={"items": [1, 0, 0, 1]},
        tasks=[
            task(
                "g",
                type="flow.gate",
                when="item == 1",
                properties={"message": "{{ now() }}"},
                timeout="1h",
            )
        ],
    )
    bench = GateBench(loop)
    bench.turn()
    bench.pass_time(minutes=50)
    bench.decide("approved")
    bench.turn()

    assert bench.pass_time(minutes=50) == "park"
    first, second = bench.approvals.all
    assert second.message > first.message


def test_a_gate_in_a_parallel_branch_holds_up_no_other():
    both = task(
        "both",
        type="flow.parallel",
        tasks=[gate(), task("wait", type="flow.wait", properties={"duration": 60})],
    )
    bench = GateBench(both)
    assert bench.turn() == "park"
    assert bench.pass_time(seconds=61) == "park"
    assert bench.statuses()["wait"] == "SUCCESS"
    bench.decide("approved")

    assert bench.turn() == "done"
    assert bench.now.status is Status.SUCCESS


def test_a_cancel_closes_the_approval():
    bench = GateBench(gate())
    bench.turn()
    bench.store.mark_terminating(bench.now, TerminationReason.CANCEL)
    assert bench.turn() == "done"

    assert bench.statuses() == {"g": "CANCELLED"}
    assert bench.approvals.only().status is ApprovalStatus.CANCELLED
    assert not bench.decide("approved")


def test_a_cancel_closes_the_approvals_of_loops():
    inner = task(
        "choose",
        type="flow.if",
        properties={"condition": True},
        then=[gate(message="{{ item }}?")],
    )
    each = task(
        "each",
        type="flow.foreach",
        properties={"items": ["a", "b"], "concurrency": 2},
        tasks=[task("first", properties={"values": {}}), inner],
    )
    bench = GateBench(each)
    bench.turn()
    assert [approval.message for approval in bench.approvals.all] == ["a?", "b?"]

    bench.store.terminate(bench.now, TerminationReason.CANCEL, check_at=bench.now.created_at)
    bench.pass_time()

    assert [each.status for each in bench.approvals.all] == [ApprovalStatus.CANCELLED] * 2
    assert bench.approvals.asked == 2
    assert bench.runs["g#1"].status.value == "CANCELLED"


def test_a_time_out_closes_what_was_asked_and_never_recorded():
    box = task(
        "box",
        type="flow.parallel",
        tasks=[gate(), task("never", type="flow.if", when=False, properties={"condition": True})],
        timeout="1h",
    )
    bench = GateBench(box)
    bench.store.is_broken = True
    with pytest.raises(ConnectionError):
        bench.turn()
    bench.store.is_broken = False
    bench.pass_time(hours=2)

    assert bench.approvals.only().status is ApprovalStatus.CANCELLED
    assert bench.runs["box"].status.value == "TIMED_OUT"
    assert "g" not in bench.runs


def test_a_cancel_tells_nobody_of_a_gate_that_is_mocked():
    bench = GateBench(gate())
    mocked = bench.execution.model_copy(update={"mocks": {"g": {"decision": "approved"}}})
    bench.store.executions["default", mocked.id] = mocked
    bench.store.terminate(bench.now, TerminationReason.CANCEL, check_at=bench.now.created_at)

    bench.pass_time()

    assert bench.now.status is Status.CANCELLED
    assert not bench.approvals.approvals


def test_a_decision_before_a_cancel_stands_in_the_records():
    bench = GateBench(gate(), after())
    bench.turn()
    bench.decide("approved")
    bench.store.mark_terminating(bench.now, TerminationReason.CANCEL)
    bench.turn()

    assert bench.statuses()["g"] == "SUCCESS"
    assert "after" not in bench.runs
    assert bench.now.status is Status.CANCELLED


def test_a_turn_that_is_past_cannot_ask_what_was_cancelled():
    bench = GateBench(gate())
    bench.store.is_broken = True
    with pytest.raises(ConnectionError):
        bench.turn()
    asked = bench.approvals.approvals.popitem()[1]
    assert asked
    bench.store.is_broken = False
    bench.store.mark_terminating(bench.now, TerminationReason.CANCEL)
    bench.turn()

    assert not bench.approvals.add(asked)
    assert bench.approvals.asked == 1


def test_what_cannot_be_read_is_cancelled_without_a_word():
    bench = GateBench(gate(message="{{ nope }}"))
    bench.store.mark_running(bench.now, fence=1, now=bench.now.created_at)
    bench.store.mark_terminating(bench.now, TerminationReason.CANCEL)
    bench.turn()

    assert bench.statuses() == {"g": "CANCELLED"}
    assert bench.approvals.approvals == {}


def test_an_approval_shows_no_secret():
    bench = GateBench(
        gate(
            message="Use {{ inputs.token }}?",
            approvers=["{{ inputs.token }}"],
            escalate=[{"after": 60, "to": "of {{ inputs.token }}"}],
        ),
        secrets={"token": "s3cret-value"},
        inputs=[{"name": "token", "type": "SECRET"}],
    )
    bench.turn()

    assert bench.approvals.only().message == "Use ******?"
    assert bench.approvals.only().approvers == ("******",)
    bench.pass_time(minutes=1)
    assert bench.approvals.only().approvers == ("******", "of ******")


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"timeout": "{{ 'soon' }}"}, "properties.timeout: "),
        ({"onTimeout": "{{ 'maybe' }}"}, "properties.onTimeout: 'maybe' is none of"),
        ({"onTimeout": "{{ ['reject'] }}"}, "properties.onTimeout: '[\"reject\"]' is none of"),
        ({"escalate": "{{ 'x' }}"}, "properties.escalate: not a list"),
        ({"escalate": ["{{ 'x' }}"]}, "properties.escalate: not a list of maps with after and to"),
        (
            {"escalate": ["{{ {'after': 1} }}"]},
            "properties.escalate: not a list of maps with after and to",
        ),
        ({"approvers": "{{ [1] }}"}, "properties.approvers: not a list"),
        ({"approvers": "{{ range(101) }}"}, "properties.approvers: more than 100"),
        ({"remind": "{{ 'x' }}"}, "properties.remind: not a list"),
        ({"message": "{{ 'x' * 9000 }}"}, "message: more than 8192 bytes"),
        ({"remind": "{{ range(101) }}"}, "properties.remind: more than 100"),
        ({"escalate": [{"after": 1, "to": "a"}] * 11}, "properties.escalate: more than 10"),
        (
            {"escalate": [{"after": 1, "to": [f"u{n}" for n in range(100)]}] * 4},
            "properties.escalate: more than 300 names with the approvers",
        ),
    ],
)
def test_a_gate_that_makes_no_sense_fails(properties: Any, message: str):
    bench = GateBench(gate(**properties))
    assert bench.turn() == "done"

    error = bench.runs["g"].error
    assert error is not None
    assert message in error.message
    assert bench.approvals.all == []


def test_the_next_generation_keeps_the_approval():
    bench = GateBench(gate(), after())
    bench.turn()
    asked = bench.approvals.only()
    bench.store.resume(bench.now, stalls=0, records=1, turns=1, check_at=asked.requested_at)

    assert bench.turn(generation=2) == "park"
    assert bench.approvals.only() == asked
    bench.decide("approved")
    assert bench.turn(generation=2) == "done"
    assert bench.now.status is Status.SUCCESS
