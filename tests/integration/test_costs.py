"""What executions may cost, counted: never more than the budget, for each feature what it adds."""

import pytest

from benchmarks.budget import budget
from benchmarks.counting import Counted, count
from benchmarks.flows import CHILD, FEATURES, beside, chain

WRITES = {"DynamoDB.PutItem": 1, "DynamoDB.UpdateItem": 1}
ADDED = {
    "a task more": (0, 0, 0),
    "a task retried once": (3, 1, 1),
    "a wait": (3, 1, 1),
    "a gate, approved": (3, 3, 4),
    "an if with a task": (0, 0, 0),
    "a foreach of 10 tasks": (0, 0, 0),
    "a loop of 3 rounds": (6, 2, 6),
    "a subflow of one task": (6, 3, 7),
}
"""State transitions, invocations and reads beyond those of a plain task alone: 3, 2 and 3."""


def writes(counted: Counted) -> int:
    """Calls that write; records of up to 1 KB take a unit each, none is in a transaction here."""
    assert "DynamoDB.TransactWriteItems" not in {call.operation for call in counted.calls}
    return sum(WRITES.get(call.operation, 0) for call in counted.calls)


@pytest.mark.parametrize(("tasks", "key"), [(1, None), (10, "k")])
def test_a_chain_of_tasks_stays_within_the_budget(tasks: int, key: str | None):
    counted, bar = count(chain(tasks), key=key), budget(tasks)

    assert counted.transitions <= bar.transitions
    assert counted.invocations <= bar.invocations
    assert counted.reads <= bar.reads
    assert writes(counted) <= bar.write_units


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_adds_what_it_is_known_to_cost_and_no_more(feature: str):
    counted = count(beside(FEATURES[feature]), child=CHILD)

    used = (counted.transitions - 3, counted.invocations - 2, counted.reads - 3)
    assert all(found <= known for found, known in zip(used, ADDED[feature], strict=True)), used
