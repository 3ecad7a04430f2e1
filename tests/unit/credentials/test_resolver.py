"""The resolver: a namespace's own first, nothing by halves, uses noted once an hour."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from shared.credentials.items import KIND, Place, SealedValue
from shared.credentials.repository import CredentialRepository
from shared.credentials.resolver import CredentialResolver
from shared.credentials.values import Value, value_bytes
from shared.errors import UnavailableError
from shared.secrets.envelope import Owner
from shared.secrets.sealing import Sealer
from tests.support.sealing import InMemoryKeys

NOW = datetime(2030, 1, 2, tzinfo=UTC)
BUSY = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "BatchGetItem")


class InMemoryCredentials(CredentialRepository):
    """Sealed values of one tenant in memory; `error` stands for a table out of reach."""

    def __init__(self) -> None:
        super().__init__(cast("Any", None), "acme")
        self.values: dict[Place, SealedValue] = {}
        self.uses: list[str] = []
        self.reads = 0
        self.error: Exception | None = None

    def sealed_values(self, places: Iterable[Place]) -> dict[Place, SealedValue]:
        self.reads += 1
        if self.error:
            raise self.error
        return {place: self.values[place] for place in places if place in self.values}

    def note_use(self, credential_id: str, now: datetime) -> None:
        del now
        if self.error:
            raise self.error
        self.uses.append(credential_id)


class World:
    """A resolver, and all that stands behind it."""

    def __init__(self) -> None:
        self.keys = InMemoryKeys()
        self.sealer = Sealer(self.keys)
        self.stored = InMemoryCredentials()
        self.now = NOW
        self.resolver = CredentialResolver(
            lambda _tenant: self.stored, self.sealer, lambda: self.now
        )

    def store(self, name: str, value: Value, namespace: str | None = None) -> None:
        owner = Owner("acme", KIND, f"{namespace}/{name}")
        sealed = self.sealer.seal(value_bytes(value), owner)
        self.stored.values[Place(namespace, name)] = SealedValue(owner.id, sealed)

    def read(self, *names: str) -> dict[str, Any]:
        found = self.resolver.read("acme", "shop", names)
        return {name: each.value for name, each in found.items()}


@pytest.fixture
def world() -> World:
    return World()


def test_a_namespaces_own_comes_first_and_unknown_ones_are_left_out(world: World):
    world.store("A", "for all")
    world.store("B", "for all")
    world.store("B", "of the shop", "shop")
    world.store("C", {"x": "y"}, "billing")

    assert world.read("A", "B", "C", "D") == {"A": "for all", "B": "of the shop"}
    assert (world.stored.reads, world.keys.unwraps) == (1, 2)


def test_what_does_not_open_has_no_value_and_hides_none_for_all(world: World):
    world.store("A", "for all")
    world.store("B", "other")
    world.stored.values[Place("shop", "A")] = world.stored.values[Place(None, "B")]._replace(
        credential_id="shop/A"
    )

    assert world.read("A") == {"A": None}


def test_the_value_of_another_tenant_does_not_open(world: World):
    world.store("A", "of acme")

    found = world.resolver.read("umbrella", "shop", ["A"])

    assert found["A"].value is None


def test_a_table_or_a_key_out_of_reach_is_told(world: World):
    world.store("A", "x")
    world.keys.is_away = True
    with pytest.raises(UnavailableError):
        world.read("A")
    world.keys.is_away, world.stored.error = False, BUSY
    with pytest.raises(UnavailableError):
        world.read("A")


def test_a_use_is_noted_once_an_hour_and_never_fails(world: World):
    world.store("A", "x")

    def use() -> list[str]:
        world.resolver.read("acme", "shop", ["A"])["A"].note_use()
        return world.stored.uses

    assert use() == use() == ["None/A"]
    world.now += timedelta(hours=1)
    assert use() == ["None/A"] * 2
    world.now += timedelta(hours=1)
    found = world.resolver.read("acme", "shop", ["A"])
    world.stored.error = BUSY
    found["A"].note_use()
    assert len(world.stored.uses) == 2


def test_no_value_is_in_its_repr(world: World):
    world.store("A", "swordfish")

    assert "swordfish" not in repr(world.resolver.read("acme", "shop", ["A"]))
