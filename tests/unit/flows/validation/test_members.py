"""The names that the validator knows are those that a run knows, and good flows get no warning."""

import json
import re
from collections.abc import Iterator
from typing import Any

from shared.flows.validation import members
from shared.flows.validation.validator import check_flow
from tests.support.executions.bench import Bench, failing
from tests.support.fixtures import FOLDER
from tests.support.language import examples, faults, sections, statements
from tests.support.plans import plan_of, task

OURS = ("undeclared input ", " has no ", " is read as the number ", "unknown name ")
RIGHT = {"extra", "nobody", "nope", "x", "__init__"}
"""Names that flows read on purpose although nothing has them."""


def keys(name: str, **paths: str) -> Any:
    found = {key: f"{{{{ {path} | keys | sort }}}}" for key, path in paths.items()}
    return task(name, properties={"values": found})


def read(bench: Bench, name: str) -> Any:
    return json.loads(bench.runs[name].outputs or "null")


def test_the_names_below_each_root_are_those_of_a_run():
    each = task(
        "each",
        type="flow.foreach",
        properties={"items": {"a": 1}},
        tasks=[keys("inner", loop="loops.each")],
    )
    plan = plan_of(
        keys("main", flow="flow", task="task", execution="execution"),
        each,
        task("bad", type="t.fail"),
        errors=[keys("e", error="error", execution="execution", task="tasks.bad")],
    )
    bench = Bench(plan, {"t.fail": failing()})
    bench.run()

    assert read(bench, "main") == {
        "flow": sorted(members.FLOW),
        "task": sorted(members.TASK),
        "execution": sorted(members.EXECUTION),
    }
    assert read(bench, "inner#0") == {"loop": sorted(members.ITERATION)}
    assert read(bench, "e") == {
        "error": sorted(members.ERROR),
        "execution": sorted(members.ENDED_EXECUTION or ()),
        "task": sorted(members.ENDED_TASK or ()),
    }


def good_flows() -> Iterator[tuple[str, str]]:
    yield from ((path.stem, path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yaml")))
    yield from ((each.title, each.text) for each in (*faults(), *examples("http://localhost")))
    yield from ((each.title, each.text) for name in sections() for each in statements(name))


def test_no_flow_that_is_right_gets_a_warning_about_names():
    wrong = []
    for title, text in good_flows():
        checked = check_flow(text)
        told = [each.message for each in checked.warnings if any(o in each.message for o in OURS)]
        named = {message: set(re.findall(r'"([^"]+)"', message)[:1]) for message in told}
        if checked.definition is not None:
            wrong += [(title, message) for message, names in named.items() if names - RIGHT]

    assert wrong == []
