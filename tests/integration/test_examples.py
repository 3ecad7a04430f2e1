"""The examples that readers are given do what their first lines say."""

import pytest

from tests.support.examples import Example, example, names
from tests.support.fixtures import Finished
from tests.support.shop import shop


def check(run: Finished, shown: Example) -> None:
    seen = run(shown.text, dict(shown.inputs))

    assert seen.execution["status"] == shown.ends, seen.execution["error"]
    assert shown.outputs is None or seen.results["finalOutput"] == shown.outputs
    assert shown.tasks.items() <= seen.statuses().items()
    assert shown.error.items() <= (seen.execution["error"] or {}).items()


@pytest.mark.timing
@pytest.mark.enable_socket
@pytest.mark.parametrize("name", names())
def test_an_example_ends_as_its_first_lines_say(
    name: str, run: Finished, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HEADRACE_EGRESS_ALLOW", "127.0.0.1")

    with shop() as address:
        check(run, example(name, address))


@pytest.mark.parametrize("name", names())
def test_an_example_has_less_than_forty_lines(name: str):
    assert len(example(name).text.splitlines()) < 40 or name == "containers"


@pytest.mark.parametrize(
    ("decision", "refunded", "branch"), [("approve", 200, "then"), ("reject", 0, "else")]
)
def test_a_large_refund_is_paid_as_somebody_decides(
    decision: str, refunded: int, branch: str, run: Finished
):
    seen = run(example("refund").text, {"order": "A-17", "amount": 200}, decision=decision)

    assert seen.execution["status"] == "SUCCESS", seen.execution["error"]
    assert seen.results["finalOutput"]["refunded"] == refunded
    assert seen.outputs("decide")["branch"] == branch
