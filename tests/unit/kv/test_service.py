"""The use cases of keys: end, versions, If-Match, increments, and rivals in between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import (
    InvalidRequestError,
    KeyNotFoundError,
    PreconditionFailedError,
    UnavailableError,
)
from shared.kv.models import KeyDraft, StoredKey
from shared.kv.repository import KeyChangedError
from shared.kv.service import Increment, KvService, Put
from shared.messages import InvalidValueError
from tests.support.keys import NOW, HandClock, InMemoryKeys, service_of


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def keys(clock: HandClock) -> KvService:
    return service_of(InMemoryKeys(), clock)


def put(keys: KvService, key: str, value: Any, ttl: float | None = None) -> Any:
    return keys.put("n", key, KeyDraft.model_validate({"value": value, "ttl": ttl}), None)


@pytest.mark.parametrize("value", [None, False, 0, "", [], {"a": [1.5, 5.0]}, "x" * 5000])
def test_a_value_is_read_as_it_was_kept(keys: KvService, value: Any) -> None:
    written = put(keys, "k", value)

    found = keys.get("n", "k")
    assert found == written
    assert (found.value, found.version, found.updated_at, found.expires_at) == (value, 1, NOW, None)


def test_a_key_is_gone_at_its_end_and_its_versions_go_on(keys: KvService, clock: HandClock) -> None:
    assert put(keys, "k", 1, ttl=10).expires_at == NOW + timedelta(seconds=10)
    clock.move(seconds=10)

    with pytest.raises(KeyNotFoundError):
        keys.get("n", "k")
    with pytest.raises(KeyNotFoundError):
        keys.delete("n", "k")
    assert keys.page("n", "", 10, None).items == ()
    again = put(keys, "k", 2)
    assert (again.version, again.expires_at) == (2, None)


def test_a_deleted_key_is_gone_and_its_versions_go_on(keys: KvService) -> None:
    put(keys, "k", 1)

    keys.delete("n", "k")

    assert keys.find("n", "k") is None
    assert put(keys, "k", 1).version == 3


@pytest.mark.parametrize("tag", ['"1"', "*", '"7", "1"', None])
def test_a_write_with_the_present_version_is_made(keys: KvService, tag: str | None) -> None:
    put(keys, "k", 1)

    assert keys.put("n", "k", KeyDraft(value=2), tag).version == 2


def test_a_write_with_another_version_is_refused(keys: KvService) -> None:
    put(keys, "k", 1)
    for write in (
        lambda: keys.put("n", "k", KeyDraft(value=2), '"2"'),
        lambda: keys.delete("n", "k", '"2"'),
        lambda: keys.put("n", "new", KeyDraft(value=2), '"1"'),
        lambda: keys.put("n", "new", KeyDraft(value=2), "*"),
    ):
        with pytest.raises(PreconditionFailedError):
            write()
    assert keys.get("n", "k").value == 1


@pytest.mark.parametrize(
    ("namespace", "key", "draft", "path"),
    [
        ("N", "k", {}, "namespace"),
        ("n" * 151, "k", {}, "namespace"),
        ("system", "k", {}, "namespace"),
        ("n", "a b", {}, "key"),
        ("n", "k" * 251, {}, "key"),
        ("n", "k", {"key": "other"}, "key"),
        ("n", "k", {"namespace": "other"}, "namespace"),
        ("n", "k", {"value": "x" * 262_143}, "value"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_place(
    keys: KvService, namespace: str, key: str, draft: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        keys.put(namespace, key, KeyDraft(**{"value": 1, **draft}), None)

    assert [each.path for each in caught.value.problems] == [path]


def test_an_entry_can_be_changed_and_sent_back(keys: KvService) -> None:
    shown = put(keys, "k", 1).model_dump(by_alias=True, mode="json")

    sent = KeyDraft.model_validate({**shown, "value": 2}, by_alias=True, by_name=False)

    assert keys.put("n", "k", sent, None).version == 2


def test_a_list_is_alphabetical_and_goes_on_behind_its_cursor(keys: KvService) -> None:
    for name in ("b", "a-2", "a-10", "a-1", "B"):
        put(keys, name, 1)

    first = keys.page("n", "a-", 2, None)
    second = keys.page("n", "a-", 2, first.next)
    assert [each.key for each in (*first.items, *second.items)] == ["a-1", "a-10", "a-2"]
    assert keys.page("n", "", 10, None).items[0].key == "B"
    assert list(keys.names("n", "a")) == ["a-1", "a-10", "a-2"]
    assert keys.page("none", "", 10, None).items == ()


def increment(**more: Any) -> Increment:
    return Increment(**{"namespace": "n", "key": "k", "by": 1, **more})


def test_an_increment_begins_where_it_is_told_and_goes_on(keys: KvService) -> None:
    first = keys.increment(increment(start=10))
    second = keys.increment(increment(by=-0.5, start=10))

    assert (first.value, first.existed) == (11, False)
    assert (second.value, second.existed) == (10.5, True)
    assert keys.get("n", "k").version == 2


def test_an_increment_keeps_the_end_of_a_key_and_gives_one_to_what_it_makes(
    keys: KvService, clock: HandClock
) -> None:
    counted = increment(ttl=timedelta(seconds=60))
    keys.increment(counted)
    clock.move(seconds=30)
    keys.increment(counted)

    assert keys.get("n", "k").expires_at == NOW + timedelta(seconds=60)
    clock.move(seconds=30)
    assert keys.increment(counted).value == 1


@pytest.mark.parametrize("value", ["1", None, True, [1], "x" * 5000])
def test_only_a_number_is_incremented(keys: KvService, value: Any) -> None:
    put(keys, "k", value)

    with pytest.raises(InvalidValueError):
        keys.increment(increment())
    assert keys.get("n", "k").value == value


def test_the_same_increment_counts_once_whatever_came_in_between(keys: KvService) -> None:
    mine = increment(token="attempt-1")
    assert keys.increment(mine).value == 1
    for _ in range(200):
        keys.increment(increment())

    assert keys.increment(mine).value == 1
    assert keys.increment(increment(token="attempt-2")).value == 202
    put(keys, "k", "no number any more")
    assert keys.increment(mine).value == 1
    keys.delete("n", "k")
    assert keys.increment(mine).value == 1
    assert keys.find("n", "k") is None


@pytest.mark.timing
def test_increments_at_once_are_all_counted(keys: KvService) -> None:
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda _: keys.increment(increment()).value, range(100)))

    assert sorted(counted) == list(range(1, 101))


class Restless(InMemoryKeys):
    """Keys that somebody else writes before each write, so many times."""

    def __init__(self, rivals: int) -> None:
        super().__init__()
        self.rivals = rivals

    def write(self, old: StoredKey | None, new: StoredKey, **more: Any) -> None:
        if self.rivals:
            self.rivals -= 1
            raise KeyChangedError
        super().write(old, new, **more)


def test_a_write_is_made_again_when_another_was_first(clock: HandClock) -> None:
    keys = service_of(Restless(rivals=29), clock)

    written, existed = keys.keep(Put("n", "k", "1"))
    assert (written.version, existed) == (1, False)


def test_a_write_that_never_comes_through_is_unavailable(clock: HandClock) -> None:
    keys = service_of(Restless(rivals=1000), clock)

    with pytest.raises(UnavailableError):
        keys.keep(Put("n", "k", "1"))
