"""Accepting executions: the order of the steps, and what a repeat finds after each of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.errors import IdempotencyKeyReusedError, InvalidInputsError, InvalidRequestError
from shared.executions.lifecycle.launch import Launcher, Started
from shared.executions.lifecycle.new_execution import Prepared
from shared.executions.lifecycle.requests import KeyedRequest, StartClaims, accept
from shared.executions.models import Execution
from shared.idempotency.claims import Claim, IdempotencyRepository
from tests.support.executions.repository import InMemoryExecutions
from tests.support.executions.step_functions import FakeEngine
from tests.support.flows import a_flow
from tests.support.plans import plan_of, task
from tests.support.slots import Queueing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FLOW, PLAN = a_flow(), plan_of(task("a"))
STEPS = ["find key", "prepare", "claim", "prepare to put", "put", "start"]


class CrashError(Exception):
    """The process dies."""


class Steps:
    """The steps that were made, and the one at whose end the process dies."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.dies_after = ""

    def add(self, step: str) -> None:
        self.made.append(step)
        if step == self.dies_after:
            raise CrashError


class Claims(IdempotencyRepository):
    """Claims in memory; `racing` is one that somebody puts just before ours."""

    def __init__(self, steps: Steps, racing: Claim | None = None) -> None:
        self.steps = steps
        self.racing = racing
        self.claims: dict[str, Claim] = {}

    def find(self, scope: str, *, now: datetime) -> Claim | None:
        assert now >= NOW
        self.steps.add("find key")
        return self.claims.get(scope)

    def claim(self, claim: Claim) -> Claim:
        first = self.claims.setdefault(claim.scope, self.racing or claim)
        self.steps.add("claim")
        return first


class Executions(InMemoryExecutions):
    """Notes reads and puts."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def find(self, tenant: str, execution_id: str) -> Execution | None:
        self.steps.add("find")
        return super().find(tenant, execution_id)

    def add(self, execution: Execution) -> bool:
        added = super().add(execution)
        self.steps.add("put")
        return added


class Engine(FakeEngine):
    """Notes starts."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def start(self, execution: Execution) -> None:
        super().start(execution)
        self.steps.add("start")


class Ground:
    """Everything that a start passes, in memory."""

    def __init__(self, racing: Claim | None = None) -> None:
        self.steps = Steps()
        self.kept = Claims(self.steps, racing)
        self.executions, self.engine = Executions(self.steps), Engine(self.steps)
        self.launcher: Launcher = replace(
            Queueing().launcher, executions=self.executions, engine=self.engine
        )
        self.revisions: list[int | None] = []
        self.fields: dict[str, Any] = {}
        self.ids = iter(f"01890000-0000-7000-8000-{number:012}" for number in range(100))

    def prepare(self, revision: int | None) -> Prepared:
        self.revisions.append(revision)
        self.steps.add("prepare")
        fields: dict[str, Any] = {"plan": PLAN, "inputs": {}, **self.fields}
        return Prepared(
            flow=FLOW,
            revision=revision or 1,
            read_plan=lambda: PLAN,
            before_put=lambda _: self.steps.add("prepare to put"),
            **fields,
        )

    def accept(
        self, key: str | None = None, prepare: Callable[[int | None], Prepared] | None = None
    ) -> Started:
        return accept(
            request(key),
            prepare or self.prepare,
            claims=StartClaims(self.kept, lambda: NOW, lambda _: next(self.ids)),
            launcher=self.launcher,
        )


def request(key: str | None, body: Any = None) -> KeyedRequest:
    return KeyedRequest(tenant="default", path="/p", body=body, created_by="ana", key=key)


def claim_of(revision: int) -> Claim:
    asked = request("k")
    return Claim(asked.scope, asked.fingerprint, "earlier", FLOW.id, revision, NOW)


def test_a_start_without_a_key_is_checked_put_and_run() -> None:
    ground = Ground()

    started = ground.accept()

    assert ground.steps.made == ["prepare", "prepare to put", "put", "start"]
    assert not started.replayed
    assert started.execution.flow_revision == 1


def test_a_start_with_a_key_claims_it_between_check_and_put() -> None:
    ground = Ground()

    ground.accept("k")

    assert ground.steps.made == STEPS


def test_a_repeat_of_what_was_put_is_not_checked_again() -> None:
    ground = Ground()
    first = ground.accept("k")
    ground.steps.made.clear()

    again = ground.accept("k")

    assert ground.steps.made == ["find key", "find", "start"]
    assert (again.execution, again.replayed) == (first.execution, True)


@pytest.mark.parametrize("step", STEPS)
def test_whoever_repeats_after_a_crash_completes_the_same_start(step: str) -> None:
    ground = Ground()
    ground.steps.dies_after = step
    with pytest.raises(CrashError):
        ground.accept("k")
    claimed = [claim.execution_id for claim in ground.kept.claims.values()]
    ground.steps.dies_after = ""

    started = ground.accept("k")

    assert [key for _, key in ground.executions.executions] == [started.execution.id]
    assert set(ground.engine.started) == {f"{started.execution.id}-1"}
    assert claimed in ([], [started.execution.id])
    assert started.replayed is bool(claimed)


def test_what_is_refused_is_not_remembered() -> None:
    ground = Ground()

    def refuse(_revision: int | None) -> Prepared:
        raise InvalidRequestError("no")

    with pytest.raises(InvalidRequestError):
        ground.accept("k", refuse)
    assert ground.kept.claims == {}
    assert not ground.accept("k").replayed


def test_what_has_no_key_to_wait_by_is_not_remembered_either() -> None:
    ground = Ground()
    ground.fields = {"plan": plan_of(task("a"), concurrency={"limit": 1, "key": "inputs.nobody"})}

    with pytest.raises(InvalidInputsError):
        ground.accept("k")
    assert ground.kept.claims == {}
    assert ground.executions.executions == {}


def test_another_payload_under_the_key_is_refused_unread() -> None:
    ground = Ground()
    ground.accept("k")
    ground.steps.made.clear()
    claims = StartClaims(ground.kept, lambda: NOW, lambda _: next(ground.ids))

    with pytest.raises(IdempotencyKeyReusedError):
        accept(request("k", {"other": 1}), ground.prepare, claims=claims, launcher=ground.launcher)
    assert ground.steps.made == ["find key"]


def test_an_earlier_claim_decides_id_time_and_revision() -> None:
    ground = Ground()
    ground.kept.claims[request("k").scope] = claim_of(3)

    started = ground.accept("k")

    assert ground.revisions == [3]
    assert "claim" not in ground.steps.made
    assert (started.execution.id, started.execution.flow_revision) == ("earlier", 3)
    assert (started.execution.created_at, started.replayed) == (NOW, True)


@pytest.mark.parametrize(("revision", "prepared"), [(1, [None]), (2, [None, 2])])
def test_whoever_loses_the_race_for_a_key_completes_the_first_ones_start(
    revision: int, prepared: list[int | None]
) -> None:
    ground = Ground(racing=claim_of(revision))

    started = ground.accept("k")

    assert ground.revisions == prepared
    assert (started.execution.id, started.execution.flow_revision) == ("earlier", revision)
    assert started.replayed
