"""The repository of credentials against DynamoDB's own conditions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from boto3.dynamodb.conditions import Key

from shared.credentials.items import Place, SealedValue
from shared.credentials.known import KnownCredentials
from shared.credentials.models import Credential
from shared.credentials.repository import CredentialRepository
from shared.credentials.values import CredentialType
from shared.errors import CredentialNameTakenError
from shared.ids import new_id
from tests.support.tables import Tables

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def credentials(tables: Tables) -> CredentialRepository:
    return repository(tables, "acme")


def repository(tables: Tables, tenant: str) -> CredentialRepository:
    table = tables.table("CREDENTIALS_TABLE_NAME")
    return CredentialRepository(table, tenant, sleep=lambda _seconds: None)


def credential(name: str = "TOKEN", number: int = 0, **fields: Any) -> Credential:
    at = NOW + timedelta(seconds=number)
    fields = {"type": CredentialType.TEXT, "version": 1, **fields}
    return Credential(id=new_id(at), name=name, created_at=at, updated_at=at, **fields)


def test_what_is_stored_is_read_again(credentials: CredentialRepository):
    one = credential(namespace="shop", description="ö")
    credentials.add(one, b"\x01sealed")

    assert credentials.find(one.id) == one
    place = Place("shop", "TOKEN")
    assert credentials.sealed_values([place, Place(None, "TOKEN"), Place("shop", "X")]) == {
        place: SealedValue(one.id, b"\x01sealed")
    }


@pytest.mark.parametrize("odd", ["", "x", "a" * 3_000])
def test_what_is_no_id_is_not_asked_for(odd: str, credentials: CredentialRepository):
    assert credentials.find(odd) is None


def test_a_name_is_taken_once_and_nothing_of_the_second_stays(credentials: CredentialRepository):
    one, other = credential(), credential(number=1)
    credentials.add(one, b"one")

    with pytest.raises(CredentialNameTakenError):
        credentials.add(other, b"other")

    assert credentials.find(other.id) is None
    assert credentials.newest(10) == (one,)
    credentials.add(credential(number=2, namespace="shop"), b"of the shop")


def test_the_next_version_replaces_the_one_that_was_read(credentials: CredentialRepository):
    one = credential(description="d")
    credentials.add(one, b"one")
    two = one.model_copy(update={"version": 2, "type": CredentialType.MAP, "description": None})

    assert credentials.replace(one, two, b"two")
    assert not credentials.replace(one, two, b"three")
    assert not credentials.remove(one)

    assert credentials.find(one.id) == two
    place = Place(None, "TOKEN")
    assert credentials.sealed_values([place])[place].sealed == b"two"
    assert credentials.replace(two, two.model_copy(update={"version": 3}))
    assert credentials.sealed_values([place])[place].sealed == b"two"


def test_what_is_removed_is_gone_with_its_value(credentials: CredentialRepository):
    one = credential()
    credentials.add(one, b"one")

    assert credentials.remove(one)
    assert not credentials.remove(one)
    assert not credentials.replace(one, one, b"x")

    assert credentials.find(one.id) is None
    assert credentials.sealed_values([Place(None, "TOKEN")]) == {}
    credentials.add(credential(number=1), b"again")


def test_lists_are_newest_first_and_go_on(credentials: CredentialRepository):
    made = [credential(f"A{number}", number) for number in range(5)]
    for each in made:
        credentials.add(each, b"x")

    assert credentials.newest(2) == (made[4], made[3])
    assert credentials.newest(9, made[3].id) == (made[2], made[1], made[0])
    assert credentials.newest(9, made[0].id) == ()


def test_a_use_is_noted_once_an_hour_and_beside_writes(credentials: CredentialRepository):
    one = credential()
    credentials.add(one, b"one")

    def used() -> datetime | None:
        found = credentials.find(one.id)
        assert found
        return found.last_used_at

    credentials.note_use(one.id, NOW)
    credentials.note_use(one.id, NOW + timedelta(minutes=59))
    assert used() == NOW
    assert credentials.replace(one, one.model_copy(update={"version": 2}))
    assert used() == NOW
    credentials.note_use(one.id, NOW + timedelta(hours=1))
    assert used() == NOW + timedelta(hours=1)
    gone = credential("GONE", 9)
    credentials.note_use(gone.id, NOW)
    assert credentials.find(gone.id) is None


def test_tenants_do_not_meet(tables: Tables, credentials: CredentialRepository):
    other = repository(tables, "umbrella")
    one = credential()
    credentials.add(one, b"one")

    assert other.find(one.id) is None
    assert other.newest(10) == ()
    assert other.sealed_values([Place(None, "TOKEN")]) == {}
    other.note_use(one.id, NOW)
    other.add(credential(number=1), b"other")
    found = credentials.find(one.id)
    assert found
    assert found.last_used_at is None


def test_names_are_known_where_they_count(credentials: CredentialRepository):
    credentials.add(credential("ALL"), b"x")
    credentials.add(credential("OWN", 1, namespace="shop"), b"x")
    known = KnownCredentials(credentials)

    assert known.knows("shop", "ALL")
    assert known.knows("shop", "OWN")
    assert not known.knows("billing", "OWN")
    assert not known.knows("shop", "NONE")


def test_credentials_are_counted_by_namespace_in_one_reading_that_meets_no_value(tables: Tables):
    """A value has up to 64 KiB: a count that reads them costs hundreds of times as much."""
    store = repository(tables, "acme")
    for number, namespace in enumerate(("shop", "shop", "shop.eu", None)):
        store.add(credential(f"TOKEN_{number}", number, namespace=namespace), b"\x01sealed")
    repository(tables, "other").add(credential(namespace="shop"), b"\x01sealed")
    asked: list[Any] = []

    def note(params: Any, **_: Any) -> None:
        asked.append(params["KeyConditionExpression"])

    events = tables.table("CREDENTIALS_TABLE_NAME").meta.client.meta.events
    events.register("before-parameter-build.dynamodb.Query", note)
    try:
        assert store.count_by_namespace() == {"shop": 2, "shop.eu": 1}
    finally:
        events.unregister("before-parameter-build.dynamodb.Query", note)
    assert asked == [Key("pk").eq("acme#credentials")]
