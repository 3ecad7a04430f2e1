"""Before the emulator: what counts as a change, and that a snapshot falls between two writes."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.snapshots import Writes, _keep

Scope = MutableMapping[str, Any]


class Slow:
    """An emulator that answers once it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked = 0

    async def __call__(self, _scope: Scope, _receive: Any, _send: Any) -> None:
        self.asked += 1
        await self.may_answer.wait()


def call(operation: str = "", method: str = "POST", path: str = "/") -> Scope:
    headers = [(b"x-amz-target", f"DynamoDB_20120810.{operation}".encode())] if operation else []
    return {"type": "http", "method": method, "path": path, "headers": headers}


@pytest.mark.parametrize(
    ("scope", "changes"),
    [
        (call("PutItem"), 1),
        (call("TransactWriteItems"), 1),
        (call("GetItem"), 0),
        (call("Query"), 0),
        (call("TransactGetItems"), 0),
        (call(), 1),
        (call(method="GET"), 0),
        (call(path="/_aws/execute-api/x"), 0),
        ({"type": "lifespan"}, 0),
    ],
)
def test_only_what_may_change_something_asks_for_a_snapshot(scope: Scope, changes: int) -> None:
    async def one() -> int:
        emulator = Slow()
        emulator.may_answer.set()
        writes = Writes(emulator)
        await writes(scope, None, None)
        return writes.count

    assert asyncio.run(one()) == changes


def test_a_step_between_writes_waits_for_those_under_way_and_holds_back_others() -> None:
    async def scenario() -> list[int]:
        emulator = Slow()
        writes = Writes(emulator)
        first = asyncio.create_task(writes(call("PutItem"), None, None))
        await asyncio.sleep(0)
        step = asyncio.create_task(writes.between(lambda: emulator.asked))
        await asyncio.sleep(0)
        second = asyncio.create_task(writes(call("PutItem"), None, None))
        await asyncio.sleep(0)
        emulator.may_answer.set()
        seen = await step
        await asyncio.gather(first, second)
        return [seen or 0, emulator.asked]

    assert asyncio.run(scenario()) == [1, 2]


def test_a_step_is_not_done_where_writes_never_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.local.snapshots.QUIET_SECONDS", 0.01)

    async def scenario() -> int | None:
        emulator = Slow()
        writes = Writes(emulator)
        write = asyncio.create_task(writes(call("PutItem"), None, None))
        await asyncio.sleep(0)
        seen = await writes.between(lambda: 1)
        emulator.may_answer.set()
        await write
        return seen

    assert asyncio.run(scenario()) is None


@pytest.mark.parametrize(("before", "names"), [("same", 2), ("other", 1), (None, 1)])
def test_what_has_not_changed_is_not_written_again(
    tmp_path: Path, before: str | None, names: int
) -> None:
    file, predecessor = tmp_path / "new.json", tmp_path / "old.json"
    file.write_text("same")
    if before:
        predecessor.write_text(before)

    _keep(file, predecessor)

    assert file.read_text() == "same"
    assert file.stat().st_nlink == names
