"""The state machines are golden files: a change of the compiler shows in the diff."""

import json
from pathlib import Path

from shared.flows.plans.state_machine import one_segment_machine

MACHINES = Path(__file__).parents[4] / "infra" / "machines"


def test_the_deployed_machine_is_what_the_compiler_writes():
    deployed = json.loads((MACHINES / "one_segment.asl.json").read_text())

    assert one_segment_machine() == deployed


def test_a_turn_that_lambda_has_no_room_for_waits_long_and_any_other_error_is_retried_too():
    retry = one_segment_machine()["States"]["RunSegment"]["Retry"]

    assert [each["ErrorEquals"] for each in retry] == [
        ["Lambda.TooManyRequestsException"],
        ["States.ALL"],
    ]
    patience = [each["MaxAttempts"] * each["MaxDelaySeconds"] / 2 for each in retry]
    assert patience[0] > 40 * 60 > patience[1]
