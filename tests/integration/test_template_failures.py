"""What a template cannot read is found when its task runs; the save has only warned of it."""

from typing import Any

from tests.support.fixtures import Finished
from tests.support.stack import MotoStack

UNDEFINED = """
name: undefined
tasks:
  - {name: say, type: util.log, properties: {message: '{{ nope }}'}}
"""


def test_an_unknown_name_is_saved_with_a_warning_and_fails_its_task_by_name(
    moto_stack: MotoStack, run: Finished
):
    verdict = moto_stack.api("POST", "/api/v1/flows/validate", {"yamlContent": UNDEFINED}).body
    seen = run(UNDEFINED)

    [warning] = verdict["warnings"]
    assert (verdict["valid"], verdict["errors"]) == (True, [])
    assert warning["message"] == 'unknown name "nope"'
    [task] = seen.tasks
    assert task["status"] == seen.execution["status"] == "FAILED"
    assert task["error"]["message"] == "template error in properties.message: 'nope' is undefined"
    assert seen.execution["error"]["taskName"] == "say"
    assert [line["message"] for line in seen.logs] == [task["error"]["message"]]


def test_a_default_covers_a_name_that_nothing_has(run: Finished, moto_stack: MotoStack):
    text = UNDEFINED.replace("{{ nope }}", "{{ nope.at.all | default(1) }}")

    verdict: Any = moto_stack.api("POST", "/api/v1/flows/validate", {"yamlContent": text}).body

    assert (verdict["errors"], verdict["warnings"]) == ([], [])
    assert run(text).execution["status"] == "SUCCESS"
