"""Machine clients in their table, against DynamoDB as moto has it: conditions, pages and marks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.auth.clients.models import ClientRecord, Disposal, StoredSecret, owner_of
from shared.auth.clients.repository import ClientLookup, ClientRepository
from shared.auth.clients.sealing import seal
from shared.auth.principal import Role
from shared.ids import new_id
from tests.support.tables import Tables

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
UNKNOWN = "01890000-0000-7000-8000-000000000000"


def a_secret(client_id: str, name: str) -> StoredSecret:
    sealed = seal("password", "secret", owner_of("acme", client_id))
    return StoredSecret(username=f"client:acme:{name}:0", password=sealed)


def a_client(name: str = "billing", at: datetime = NOW) -> ClientRecord:
    made = new_id(at)
    return ClientRecord(
        id=made,
        name=name,
        role=Role.EDITOR,
        secrets=(a_secret(made, name),),
        created_at=at,
        created_by="root",
    )


def a_mark(client: ClientRecord, at: datetime = NOW, number: int = 0) -> Disposal:
    username = f"client:acme:{client.name}:{number}"
    return Disposal(id=new_id(at), tenant="acme", client_id=client.id, username=username)


@pytest.fixture
def table(tables: Tables) -> Any:
    return tables.table("USERS_TABLE_NAME")


@pytest.fixture
def clients(table: Any) -> ClientRepository:
    return ClientRepository(table, "acme", sleep=lambda _: None)


@pytest.fixture
def lookup(table: Any) -> ClientLookup:
    return ClientLookup(table)


def store(clients: ClientRepository, client: ClientRecord) -> ClientRecord:
    mark = a_mark(client)
    assert clients.add(client, mark) == frozenset()
    assert clients.activate(client.activated(), mark) == frozenset()
    return client.activated()


def test_a_client_is_read_as_it_was_stored(clients: ClientRepository, lookup: ClientLookup):
    client = a_client()
    mark = a_mark(client)

    assert clients.add(client, mark) == frozenset()
    assert clients.find(client.id) == client
    assert lookup.tenant_of(client.id) is None  # it cannot log in yet
    assert lookup.due(NOW + HOUR, 10) == [mark]
    assert clients.activate(client.activated(), mark) == frozenset()

    assert clients.find(client.id) == client.activated()
    assert clients.named("billing") == client.activated()
    assert lookup.tenant_of(client.id) == "acme"
    assert lookup.due(NOW + HOUR, 10) == []


def test_a_name_and_a_row_belong_to_one(clients: ClientRepository, table: Any):
    client = store(clients, a_client())

    assert clients.add(a_client(), a_mark(client)) == {"name"}
    assert clients.named("other") is None
    for wrong in (UNKNOWN, "", "x" * 3000, "#"):
        assert clients.find(wrong) is None
    elsewhere = ClientRepository(table, "other")
    assert elsewhere.find(client.id) is None
    assert elsewhere.named("billing") is None
    assert elsewhere.newest(10, None) == []


def test_what_is_gone_is_not_activated(clients: ClientRepository, lookup: ClientLookup):
    client = a_client()
    mark = a_mark(client)
    clients.add(client, mark)
    assert clients.remove(client)

    assert clients.activate(client.activated(), mark) == {"client"}
    assert clients.find(client.id) is None
    assert lookup.tenant_of(client.id) is None
    assert lookup.due(NOW + HOUR, 10) == [mark]
    assert clients.add(a_client(), a_mark(client)) == frozenset()


def test_a_rotation_meets_the_version_it_was_made_from(
    clients: ClientRepository, lookup: ClientLookup
):
    client = store(clients, a_client())
    fresh, ending = a_mark(client, NOW, 1), a_mark(client, NOW + 24 * HOUR)
    clients.mark(fresh)
    rotated = client.rotated(a_secret(client.id, "billing"), NOW)

    assert clients.rotate(rotated, fresh, [ending]) == frozenset()
    assert clients.find(client.id) == rotated
    assert lookup.due(NOW + 25 * HOUR, 10) == [ending]
    assert clients.rotate(rotated, fresh, [ending]) == {"client"}
    assert not clients.remove(client)
    assert clients.remove(rotated, [fresh])
    assert clients.rotate(rotated, fresh, [ending]) == {"client"}
    assert clients.find(client.id) is None
    assert lookup.tenant_of(client.id) is None
    assert lookup.due(NOW + 25 * HOUR, 10) == [fresh, ending]


def test_a_use_is_noted_once_an_hour_and_is_no_change(clients: ClientRepository):
    client = store(clients, a_client())

    def used(at: datetime) -> Any:
        clients.touch(client.id, at, at - HOUR)
        stored = clients.find(client.id)
        assert stored
        return stored.last_used_at

    assert used(NOW) == NOW
    assert used(NOW + HOUR - timedelta(milliseconds=1)) == NOW
    assert used(NOW + HOUR) == NOW + HOUR
    rotated = client.rotated(a_secret(client.id, "billing"), NOW)
    assert clients.rotate(rotated, a_mark(client), []) == frozenset()
    found = clients.find(client.id)
    assert found == rotated.model_copy(update={"last_used_at": NOW + HOUR})
    assert clients.remove(rotated)
    clients.touch(client.id, NOW + 9 * HOUR, NOW)
    assert clients.find(client.id) is None


def test_clients_are_listed_newest_first(clients: ClientRepository):
    ids = [store(clients, a_client(f"c{n}", NOW + n * HOUR)).id for n in range(4)]

    first = clients.newest(3, None)
    rest = clients.newest(3, first[-1].id)

    assert [each.id for each in [*first, *rest]] == ids[::-1]
    assert clients.newest(3, ids[0]) == []


def test_marks_are_read_oldest_first_once_they_are_due(
    clients: ClientRepository, lookup: ClientLookup
):
    marks = [a_mark(a_client(), NOW + n * HOUR) for n in range(4)]
    for mark in reversed(marks):
        clients.mark(mark)

    assert lookup.due(NOW + 2 * HOUR, 10) == marks[:2]
    assert lookup.due(NOW + 9 * HOUR, 3) == marks[:3]
    clients.settle(marks[0])
    clients.settle(marks[0])
    assert lookup.due(NOW + 2 * HOUR, 10) == [marks[1]]
