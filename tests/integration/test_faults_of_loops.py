"""Loops inside each other: what one of them does not have is never another's, and never null."""

import pytest

from tests.support.fixtures import Finished
from tests.support.language import fault

FAULT = fault("i1-loop-key-of-outer-map")


def test_the_key_of_a_loop_over_a_list_is_an_error(run: Finished):
    seen = run(FAULT)

    assert seen.execution["status"] == "FAILED"
    assert seen.row("t")["error"]["code"] == "template_error"
    assert "'key' is undefined" in seen.row("t")["error"]["message"]


@pytest.mark.parametrize("key", ["loops.outer.key", 'loops["outer"].key', 'key | default("eu")'])
def test_the_key_of_the_loop_around_it_is_read_by_its_name(key: str, run: Finished):
    seen = run(FAULT.replace("{{ key }}", f"{{{{ {key} }}}}"))

    assert seen.execution["status"] == "SUCCESS"
    assert seen.execution["outputs"] == {"texts": ["eu-1", "eu-2"]}
