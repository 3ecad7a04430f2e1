"""Machine clients: names for the pool, and secrets that are over to the millisecond."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.auth.claims import principal_of
from shared.auth.clients.models import (
    Client,
    ClientCredentials,
    ClientRecord,
    ClientWithSecret,
    StoredSecret,
    owner_of,
    pool_username,
)
from shared.auth.clients.sealing import seal
from shared.auth.principal import Role
from tests.support.events import claims_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
INSTANT = timedelta(milliseconds=1)
ID = "01890000-0000-7000-8000-000000000000"
OWNER = owner_of("acme", ID)


def stored(secret: str) -> StoredSecret:
    return StoredSecret(username=f"user of {secret}", password=seal("password", secret, OWNER))


def client(*secrets: str) -> ClientRecord:
    return ClientRecord(
        id=ID,
        name="billing",
        role=Role.VIEWER,
        secrets=tuple(map(stored, secrets)),
        created_at=NOW,
        created_by="root",
    )


def opens(record: ClientRecord, secret: str, at: datetime) -> str | None:
    login = record.login_for(secret, OWNER, at)
    return login.username if login else None


def test_a_secret_that_was_replaced_ends_after_24_hours_exactly():
    rotated = client("old").rotated(stored("new"), NOW)

    assert opens(rotated, "old", NOW + DAY - INSTANT) == "user of old"
    assert opens(rotated, "old", NOW + DAY) is None
    assert opens(rotated, "new", NOW + 100 * DAY) == "user of new"
    assert [each.username for each in rotated.live(NOW + DAY)] == ["user of new"]


def test_a_client_has_two_secrets_at_most():
    record = client("1")
    for number in range(2, 5):
        record = record.rotated(stored(str(number)), NOW + number * INSTANT)

    assert [opens(record, str(number), NOW) for number in range(1, 5)] == [
        None, None, "user of 3", "user of 4"
    ]  # fmt: skip
    assert record.version == 3
    assert record.secrets[1].until == NOW + DAY + 4 * INSTANT


def test_a_users_name_fits_into_the_pool_and_tells_the_clients():
    name = pool_username("t" * 31, "n" * 60, "f" * 20)

    assert len(name) <= 128
    claims = claims_of(name, "viewer", tenant="t" * 31)
    assert principal_of(claims, NOW).name == f"client:{'n' * 60}"


@pytest.mark.parametrize(
    "thing",
    [
        ClientCredentials(client_id=ID, client_secret="hush"),
        ClientWithSecret.made(client("x"), "hush"),
    ],
)
def test_a_secret_is_not_told_in_passing(thing: object):
    assert "hush" not in repr(thing)
    assert "hush" not in str(thing)


def test_a_client_is_shown_without_its_secrets():
    shown = Client.of(client("hush").activated()).model_dump(mode="json", by_alias=True)

    assert shown == {
        "clientId": ID,
        "name": "billing",
        "role": "viewer",
        "createdAt": "2026-11-28T12:00:00.000Z",
        "createdBy": "root",
        "lastUsedAt": None,
    }
