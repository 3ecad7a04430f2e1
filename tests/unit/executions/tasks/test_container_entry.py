"""The decisions made when a container is opened."""

from datetime import timedelta
from typing import Any

import pytest

from shared.executions.scheduling.current_attempt import CurrentAttempt
from shared.executions.scheduling.nodes import TaskInstance
from shared.executions.tasks.container_entry import ContainerEntry, open_container
from shared.executions.tasks.timeouts import MALFORMED
from tests.support.executions.turns import context_of
from tests.support.plans import START, plan_of, task


def opened(kind: str, **fields: Any) -> ContainerEntry | None:
    """Open a container with a task in each list that is named."""
    context = context_of(plan_of(task("c", type=kind, **fields)))
    instance = TaskInstance(context.plan.tasks[0])
    this = CurrentAttempt(1, START, None)
    found = open_container(context.scheduler, context.scopes, instance, this)
    assert open_container(context.scheduler, context.scopes, instance, this) == found
    assert context.scheduler.entered == {}
    return found


def test_a_container_is_opened_on_paper_with_its_timeout():
    found = opened(
        "flow.foreach", properties={"items": [1, 2]}, tasks=[task("x")], timeout="{{ '1m' }}"
    )

    assert found
    assert found.entered.items == [(None, 1), (None, 2)]
    assert found.timeout == timedelta(minutes=1)


def test_a_branch_that_is_not_there_is_none():
    found = opened("flow.if", properties={"condition": False}, then=[task("x")])

    assert found
    assert (found.entered.branch, found.timeout) == (None, None)


def test_a_switch_falls_back_on_its_default():
    found = opened(
        "flow.switch",
        properties={"value": 2},
        cases={"1": [task("x")]},
        default=[task("y")],
    )

    assert found
    assert found.entered.branch == "default"


def test_a_container_that_is_not_wanted_stays_shut():
    assert opened("flow.parallel", tasks=[task("x")], when=False) is None


@pytest.mark.parametrize("fields", [{"timeout": "{{ 'soon' }}"}, {"when": "inputs.nothing"}])
def test_fields_that_cannot_be_read_are_told(fields: dict[str, Any]):
    with pytest.raises(MALFORMED):
        opened("flow.parallel", tasks=[task("x")], **fields)
