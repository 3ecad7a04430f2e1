"""The examples of task types: there is one for each, and each is right."""

import textwrap

import pytest

from functions.plugins.examples import EXAMPLES, example_of
from shared.flows.validation.validator import check_flow
from shared.plugins.registry import available_plugins, find

INPUTS = "amount country customers net order orders returns text title token url"
FLOW = "name: f\ninputs:\n" + "".join(
    f"  - {{name: {name}, type: JSON}}\n" for name in INPUTS.split()
)


def test_each_type_that_can_run_has_an_example() -> None:
    assert [p.manifest.id for p in available_plugins() if not example_of(p.manifest.id)] == []
    assert not example_of("util.nope")


@pytest.mark.parametrize("name", [name for name in EXAMPLES if find(name)])
def test_an_example_is_right(name: str) -> None:
    text = f"{FLOW}tasks:\n{textwrap.indent(example_of(name), '  ')}"

    checked = check_flow(text)

    assert (checked.errors, checked.warnings, checked.unsupported) == ((), (), ())
