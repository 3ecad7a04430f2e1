"""Ids of a task are the same when it is repeated, and others elsewhere."""

from uuid import UUID

import pytest

from tests.support.plugins import NOW, run_plugin, task_context


@pytest.mark.parametrize("version", [4, 7])
def test_uuids_are_valid_different_and_repeatable(version: int) -> None:
    properties = {"version": version, "count": 50}

    outputs = run_plugin("util.uuid", properties)

    ids = [UUID(each) for each in outputs["uuids"]]
    assert {each.version for each in ids} == {version}
    assert {each.variant for each in ids} == {UUID(int=1 << 63).variant}
    assert len(set(ids)) == 50
    assert outputs["uuid"] == outputs["uuids"][0]
    assert run_plugin("util.uuid", properties) == outputs
    assert run_plugin("util.uuid", properties, task_context(seed="other")) != outputs


def test_uuids_of_version_7_carry_the_time_and_are_in_order() -> None:
    ids = run_plugin("util.uuid", {"version": 7, "count": 1000})["uuids"]

    assert ids == sorted(ids)
    assert UUID(ids[0]).int >> 80 == int(NOW.timestamp() * 1000)
