"""The state machines are golden files: a change of the compiler shows in the diff."""

import json
from pathlib import Path

from shared.flows.asl import one_segment_machine

MACHINES = Path(__file__).parents[2] / "infra" / "machines"


def test_the_deployed_machine_is_what_the_compiler_writes():
    deployed = json.loads((MACHINES / "one_segment.asl.json").read_text())

    assert one_segment_machine() == deployed
