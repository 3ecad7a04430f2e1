"""Whether another task may begin in a turn."""

import pytest

from shared.executions.engine.budget import ENOUGH_SECONDS, RESERVE_SECONDS, TurnBudget
from shared.executions.engine.context import TaskKind

INLINE, DURABLE = TaskKind.INLINE, TaskKind.DURABLE


def budget_of(seconds: float, *, is_isolated: bool = False) -> TurnBudget:
    return TurnBudget(lambda: seconds, is_isolated=is_isolated)


def test_a_turn_takes_its_first_task_of_each_kind_however_little_time_is_left():
    budget = budget_of(1)

    for kind in (INLINE, DURABLE):
        assert budget.allows(kind)
        budget.take(kind)
    assert not budget.has_deferred

    assert not budget.allows(INLINE)
    assert budget.has_deferred


@pytest.mark.parametrize(("seconds", "is_allowed"), [(ENOUGH_SECONDS, False), (60.1, True)])
def test_further_tasks_begin_while_there_is_time(seconds: float, *, is_allowed: bool):
    budget = budget_of(seconds)
    budget.take(INLINE)

    assert budget.allows(INLINE) is is_allowed
    assert budget.has_deferred is not is_allowed


def test_in_isolation_only_attempts_in_threads_have_a_turn_of_their_own():
    budget = budget_of(900, is_isolated=True)
    budget.take(INLINE)
    budget.take(DURABLE)

    assert budget.allows(DURABLE)
    assert not budget.allows(INLINE)


def test_a_task_that_was_deferred_stays_so_whatever_else_may_begin():
    budget = budget_of(1)
    budget.take(INLINE)
    budget.allows(INLINE)

    assert budget.allows(DURABLE)
    assert budget.has_deferred


def test_an_attempt_leaves_time_for_recording_it_but_has_a_second_at_least():
    assert budget_of(900).longest_attempt() == 900 - RESERVE_SECONDS
    assert budget_of(5).longest_attempt() == 1.0
