"""Turns and credentials: read once, waited for while they are out of reach, never shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import UnavailableError
from shared.executions.engine.patience import LONGEST_PAUSE, PATIENCE, SHORTEST_PAUSE
from shared.executions.tasks.credentials import StoredCredential
from shared.json_text import Json
from tests.support.executions.bench import Bench, error_of
from tests.support.plans import plan_of, task

SECRET = "hX7!qL2#vR9$tM4&"


@dataclass
class Stored:
    value: Json
    uses: int = 0

    def note_use(self) -> None:
        self.uses += 1


class Store:
    """Credentials in memory, out of reach for so many reads."""

    def __init__(self, away: float = 0, **values: Json) -> None:
        self.away = away
        self.stored = {name: Stored(value) for name, value in values.items()}
        self.asked: list[tuple[str, str, frozenset[str]]] = []

    def __call__(
        self, tenant: str, namespace: str, names: Collection[str]
    ) -> Mapping[str, StoredCredential]:
        self.asked.append((tenant, namespace, frozenset(names)))
        if len(self.asked) <= self.away:
            raise UnavailableError("away")
        return {name: each for name, each in self.stored.items() if name in names}


def says(name: str, text: Any, **fields: Any) -> Any:
    return task(name, properties={"values": {"v": text}}, **fields)


def bench_of(store: Store, *tasks: Any, **fields: Any) -> Bench:
    return Bench(plan_of(*tasks, **fields), credentials=store, ticks=False)


def test_a_turn_reads_the_names_of_all_its_tasks_at_once():
    store = Store(TOKEN=SECRET)
    bench = bench_of(
        store,
        says("a", "${TOKEN}"),
        says("b", "${TOKEN} ${NONE}", allow_failure=True),
        **{"finally": [says("z", "{{ 1 }} ${LAST.x}", allow_failure=True)]},
    )

    bench.run()

    assert store.asked == [("default", "default", frozenset({"TOKEN", "NONE", "LAST"}))]
    assert store.stored["TOKEN"].uses == 1


def test_a_revision_that_names_none_asks_for_nothing():
    store = Store(away=99)
    bench = bench_of(store, says("a", "{{ '${TOKEN}' }}"), outputs={"x": "${TOKEN}"})

    end = bench.run()

    assert store.asked == []
    assert end.outputs == {"x": "${TOKEN}"}


def test_values_are_masked_in_outputs_errors_and_logs_whoever_tells_them():
    store = Store(TOKEN=SECRET, DB={"user": "administrator"})
    told = f"{SECRET} and ADMINISTRATOR"
    bench = bench_of(
        store,
        says("a", "${TOKEN}"),
        says("b", told),
        task("c", type="util.log", properties={"message": told}),
        says("d", f"{{{{ inputs['{SECRET}'].x }}}} ${{DB.none}}", allow_failure=True),
        outputs={"x": told},
    )

    end = bench.run()

    assert [bench.runs[name].outputs for name in "ab"] == [
        '{"v":"******"}',
        '{"v":"****** and ******"}',
    ]
    assert [line.message for line in bench.runs["c"].logs] == ["****** and ******"]
    assert SECRET not in str(bench.runs["d"].error)
    assert end.outputs == {"x": "****** and ******"}
    assert SECRET not in repr(end)


def test_a_turn_that_cannot_read_them_does_nothing_and_comes_again():
    store = Store(away=3, TOKEN=SECRET)
    bench = bench_of(store, says("a", "plain"), says("b", "${TOKEN}"))

    pauses = []
    for _ in range(3):
        assert bench.turn() == "wait"
        pauses.append(bench.pause)
        assert bench.runs == {}
        bench.ahead += bench.pause
    bench.run()

    assert pauses == [SHORTEST_PAUSE, SHORTEST_PAUSE, 2 * SHORTEST_PAUSE]
    assert bench.statuses() == {"a": "SUCCESS", "b": "SUCCESS"}
    assert bench.store.unread == {}


def test_pauses_grow_and_after_a_while_the_tasks_that_name_one_fail():
    store = Store(away=10**6, TOKEN=SECRET)
    bench = bench_of(
        store,
        says("a", "${TOKEN}", allow_failure=True),
        task("w", type="flow.wait", properties={"duration": "${TOKEN}"}, allow_failure=True),
        task("i", type="flow.switch", properties={"value": "${TOKEN}"}, allow_failure=True),
        says("b", "plain"),
    )

    waited, pauses = timedelta(0), []
    while bench.turn() == "wait":
        pauses.append(bench.pause)
        waited += bench.pause
        bench.ahead += bench.pause

    assert max(pauses) == LONGEST_PAUSE
    assert PATIENCE <= waited < PATIENCE + LONGEST_PAUSE
    assert len(pauses) < 30
    for name in "awi":
        code, message = error_of(bench, name)
        assert code == "credential_unavailable"
        assert 'credential "TOKEN" cannot be read now' in message
    assert bench.statuses()["b"] == "SUCCESS"


def test_the_time_counts_anew_once_they_could_be_read():
    store = Store(away=1, TOKEN=SECRET)
    wait = task("w", type="flow.wait", properties={"duration": "1h"})
    bench = bench_of(store, says("a", "${TOKEN}"), wait, says("b", "${TOKEN}"))
    assert bench.turn() == "wait"
    bench.ahead += bench.pause
    assert bench.turn() == "wait"  # for the hour: they were read
    assert bench.pause > LONGEST_PAUSE
    bench.ahead += bench.pause
    store.away = len(store.asked) + 1

    assert bench.turn() == "wait"
    assert bench.pause == SHORTEST_PAUSE
    bench.ahead += bench.pause
    assert bench.run().status.value == "SUCCESS"


@pytest.mark.parametrize("value", [None])
def test_what_does_not_open_fails_the_task_at_once(value: Json):
    bench = bench_of(Store(TOKEN=value), says("a", "${TOKEN}"))

    bench.run()

    assert error_of(bench, "a")[0] == "credential_unavailable"
