"""Which flow a `flow.subflow` names: what can be no name of one is refused before it is read."""

from typing import Any

import pytest

from shared.executions.models import Execution
from tests.support.executions.bench import Bench
from tests.support.plans import plan_of, task
from tests.support.subflows import KeysOnly, subflows_of

LONGEST = {"namespace": "n" * 150, "name": "f" * 100}
ID = "01890000-0000-7000-8000-000000000000"


def run(table: KeysOnly, **properties: Any) -> tuple[Execution, Bench]:
    """An execution of one subflow, on a table without flows."""
    plan = plan_of(task("sub", type="flow.subflow", properties=properties))
    bench = Bench(plan)
    bench.externals["flow.subflow"] = subflows_of(bench.store, plan, table)
    return bench.run(), bench


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"name": "f" * 101}, f"'default/{'f' * 101}'"),
        ({"name": "f", "namespace": "n" * 151}, f"'{'n' * 151}/f'"),
        ({"name": "My flow"}, "'default/My flow'"),
        ({"name": "a/b"}, "'default/a/b'"),
        ({"name": "f\n"}, "'default/f\n'"),
        ({"name": "f", "namespace": "Upper"}, "'Upper/f'"),
        ({"name": "f" * 1_100}, "of this name: 1108 characters are too many"),
        ({"name": "🌊" * 600_000}, "of this name: 600008 characters are too many"),
        ({"flowId": "x" * 600_000}, "of this name: 600000 characters are too many"),
        ({"flowId": "orders"}, "'orders'"),
    ],
)
def test_what_can_be_no_name_of_a_flow_is_refused_before_it_is_read(
    properties: dict[str, str], told: str
):
    table = KeysOnly()

    ended, bench = run(table, **properties)

    error = bench.runs["sub"].error
    assert error is not None
    assert ended.error is not None
    assert (ended.error.code, error.code) == ("flow_not_found", "flow_not_found")
    assert error.message == f"there is no flow {told}"
    assert table.keys == []


@pytest.mark.parametrize(
    ("properties", "key"),
    [
        ({"name": "Orders_1.v-2"}, "default/Orders_1.v-2"),
        (LONGEST, "{namespace}/{name}".format(**LONGEST)),
        ({"flowId": ID, "name": "My flow"}, ID),
    ],
)
def test_what_may_be_the_name_of_a_flow_is_read(properties: dict[str, str], key: str):
    table = KeysOnly()

    _, bench = run(table, **properties)

    assert [asked["sk"] for asked in table.keys] == [key]
    error = bench.runs["sub"].error
    assert error is not None
    assert error.message == f"there is no flow '{key}'"
