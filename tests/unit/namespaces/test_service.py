"""Namespaces: which are there, what is written, and deletions against what enters meanwhile."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import (
    NamespaceFixedError,
    NamespaceNotEmptyError,
    NamespaceNotFoundError,
    PreconditionFailedError,
    UnavailableError,
)
from shared.namespaces.members import Members
from shared.namespaces.models import Namespace, NamespacePatch
from shared.namespaces.service import SHOWN_BYTES, NamespaceService
from tests.support.namespaces import InMemoryNamespaces

START = datetime(2026, 1, 1, tzinfo=UTC)


class Ground:
    """A service over namespaces in memory; what is in them is said by the test."""

    def __init__(self) -> None:
        self.store = InMemoryNamespaces()
        self.flows: Counter[str] = Counter()
        self.credentials: Counter[str] = Counter()
        self.keys: Counter[str] = Counter()
        self.at = START
        members = Members(
            flows_by_namespace=lambda: dict(self.flows),
            flows_in=self.flows.__getitem__,
            credentials_by_namespace=lambda: dict(self.credentials),
            keys_in=self.keys.__getitem__,
        )
        self.service = NamespaceService(self.store, members, self.now)

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at

    def put(self, name: str, if_match: str | None = None, **fields: Any) -> Namespace:
        return self.service.replace(name, NamespacePatch(**fields), if_match)


@pytest.fixture
def ground() -> Ground:
    return Ground()


def names(found: list[Namespace]) -> list[str]:
    return [each.name for each in found]


def test_default_is_always_there(ground: Ground):
    [default] = ground.service.all()

    assert default == ground.service.get("default")
    assert default.model_dump(by_alias=True) == {
        "name": "default",
        "description": None,
        "retention": None,
        "variables": {},
        "pluginDefaults": {},
        "counts": {"flows": 0, "credentials": 0, "keys": 0},
        "createdAt": None,
        "updatedAt": None,
    }


def test_all_are_listed_alphabetically_with_what_is_in_them(ground: Ground):
    ground.put("zoo", variables={"a": 1})
    ground.put("b.1")
    ground.flows.update({"team": 2, "zoo": 1, "system": 7})
    ground.credentials["zoo"] = 3
    ground.keys["b.1"] = 4

    found = ground.service.all()

    assert names(found) == ["b.1", "default", "team", "zoo"]
    assert [tuple(each.counts.model_dump().values()) for each in found] == [
        (0, 0, 4),
        (0, 0, 0),
        (2, 0, 0),
        (1, 3, 0),
    ]
    assert found[3].variables == {"a": 1}
    assert found == [ground.service.get(name) for name in names(found)]


@pytest.mark.parametrize("name", ["unknown", "system", "No Name", "x" * 2000, ""])
def test_what_is_not_there_is_not_found(ground: Ground, name: str):
    ground.flows["system"] = 1
    ground.keys["unknown"] = 1  # keys alone make no namespace

    with pytest.raises(NamespaceNotFoundError):
        ground.service.get(name)
    with pytest.raises(NamespaceNotFoundError):
        ground.service.delete(name, None)


def test_a_put_makes_a_namespace_and_changes_what_it_says(ground: Ground):
    made = ground.put("team", description="ours", retention="1d", variables={"a": 1, "b": 2})

    assert (made.version, made.created_at) == (1, made.updated_at)
    changed = ground.put("team", '"1"', variables={"a": 1})
    assert (changed.version, changed.variables) == (2, {"a": 1})
    assert (changed.description, changed.retention) == ("ours", "1d")
    assert changed.created_at == made.created_at
    assert changed.updated_at
    assert made.updated_at
    assert changed.updated_at > made.updated_at
    assert ground.service.get("team") == changed


def test_a_put_that_changes_nothing_writes_nothing(ground: Ground):
    made = ground.put("team", variables={"a": 1, "b": 2})

    assert ground.put("team", variables={"b": 2, "a": 1}) == made
    assert ground.put("team") == made


def test_a_put_reads_anew_when_somebody_else_writes_in_between(ground: Ground):
    ground.put("team", description="old")
    ground.store.before_write.append(lambda: ground.put("team", retention="1d"))

    after = ground.put("team", description="new")

    assert (after.description, after.retention, after.version) == ("new", "1d", 3)


def test_two_who_make_a_namespace_at_once_both_count(ground: Ground):
    ground.store.before_write.append(lambda: ground.put("team", retention="1d"))

    after = ground.put("team", description="mine")

    assert (after.description, after.retention, after.version) == ("mine", "1d", 2)


def test_a_write_that_always_meets_another_gives_up(ground: Ground):
    numbers = iter(range(99))

    def meddle() -> None:
        ground.put("team", description=str(next(numbers)))

    ground.put("team")
    ground.store.before_write = []
    for _ in range(5):
        ground.store.before_write += [lambda: None, meddle]

    with pytest.raises(UnavailableError):
        ground.put("team", retention="1d")


@pytest.mark.parametrize("tag", ['"1"', '"0"', "*"])
def test_an_etag_of_what_is_not_there_fails(ground: Ground, tag: str):
    with pytest.raises(PreconditionFailedError):
        ground.put("team", tag)
    assert ground.store.rows == {}


def test_an_old_etag_fails(ground: Ground):
    ground.put("team")
    ground.put("team", '"1"', description="x")

    with pytest.raises(PreconditionFailedError):
        ground.put("team", '"1"', description="y")
    with pytest.raises(PreconditionFailedError):
        ground.service.delete("team", '"1"')
    ground.service.delete("team", '"2"')


def test_an_empty_namespace_is_deleted(ground: Ground):
    ground.put("team", variables={"a": 1})

    ground.service.delete("team", None)

    assert names(ground.service.all()) == ["default"]
    assert ground.store.sets, "executions go on reading what was said at their start"


@pytest.mark.parametrize("noun", ["flows", "credentials", "keys"])
@pytest.mark.parametrize("has_row", [True, False])
def test_one_that_is_not_empty_stays_and_says_what_is_in_it(
    ground: Ground, noun: str, has_row: Any
):
    if has_row:
        ground.put("team", description="kept")
    ground.flows["team"] = int(not has_row)
    getattr(ground, noun)["team"] = 2
    before = ground.service.get("team")

    with pytest.raises(NamespaceNotEmptyError) as caught:
        ground.service.delete("team", None)

    assert caught.value.members["counts"] == before.counts.model_dump()
    assert before.counts.model_dump()[noun] == 2
    assert ground.service.get("team") == before


def test_default_is_not_deleted(ground: Ground):
    ground.put("default", description="x")

    with pytest.raises(NamespaceFixedError):
        ground.service.delete("default", None)
    assert ground.service.get("default").description == "x"


def test_what_enters_before_the_row_goes_keeps_it(ground: Ground):
    made = ground.put("team", variables={"a": 1})
    ground.store.before_write.append(lambda: ground.flows.update(["team"]))

    with pytest.raises(NamespaceNotEmptyError) as caught:
        ground.service.delete("team", None)

    assert caught.value.members["counts"]["flows"] == 1
    kept = ground.service.get("team")
    assert (kept.variables, kept.version) == (made.variables, made.version)


def test_what_enters_later_makes_it_anew(ground: Ground):
    ground.put("team", variables={"a": 1})

    ground.service.delete("team", None)
    ground.flows["team"] += 1

    found = ground.service.get("team")
    assert (found.variables, found.counts.flows, found.version) == ({}, 1, 0)


def test_a_deletion_reads_anew_when_the_namespace_is_written_in_between(ground: Ground):
    ground.put("team")
    ground.store.before_write.append(lambda: ground.put("team", description="newer"))

    ground.service.delete("team", None)

    assert ground.store.rows == {}


def test_a_list_shows_variables_while_there_is_room(ground: Ground):
    large = "x" * 60_000
    count = SHOWN_BYTES // 60_010 + 2
    for number in range(count):
        ground.put(f"n{number:03}", variables={"a": f"{number}{large}"})

    found = {each.name: each for each in ground.service.all()}

    left_out = [name for name, each in found.items() if each.variables is None]
    assert left_out
    assert left_out == sorted(found)[-len(left_out) :]
    assert len(left_out) < 5
    shown = ground.service.get(left_out[0])
    assert shown.variables
