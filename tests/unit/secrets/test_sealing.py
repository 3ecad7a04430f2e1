"""The seal: whoever changes a byte, or asks as somebody else, gets nothing."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.errors import UnavailableError
from shared.secrets.data_keys import DataKeys
from shared.secrets.envelope import BrokenSealError, Owner
from shared.secrets.sealing import Sealer
from tests.support.sealing import InMemoryKeys, UncheckedKeys
from tests.support.template import REGION

OWNER = Owner("acme", "credential", "0192")
SECRET = b"correct horse battery staple"
OTHERS = [
    Owner("umbrella", "credential", "0192"),
    Owner("acme", "trigger", "0192"),
    Owner("acme", "credential", "0193"),
]


@pytest.fixture
def of_kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sealer]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        client: Any = boto3.client("kms", region_name=REGION)
        yield Sealer(DataKeys(client, client.create_key()["KeyMetadata"]["Arn"]))


def changed(value: bytes) -> Iterator[bytes]:
    """The value with one byte changed, for each of its bytes, and with its last one missing."""
    for place in range(len(value)):
        for bit in (1, 128):
            yield value[:place] + bytes([value[place] ^ bit]) + value[place + 1 :]
    yield value[:-1]


def refuses(sealer: Sealer, value: bytes, owner: Owner = OWNER) -> bool:
    """Whether a value stays closed.

    AWS refuses a changed wrapped key as InvalidCiphertextException; moto says AccessDenied where
    the bytes that name the key are changed, which is told as being out of reach.
    """
    try:
        sealer.open(value, owner)
    except (BrokenSealError, UnavailableError):
        return True
    return False


def test_a_secret_opens_for_its_owner_alone(of_kms: Sealer):
    sealed = of_kms.seal(SECRET, OWNER)

    assert of_kms.open(sealed, OWNER) == SECRET
    assert SECRET not in sealed
    for other in OTHERS:
        with pytest.raises(BrokenSealError):
            of_kms.open(sealed, other)


def test_each_changed_byte_is_found(of_kms: Sealer):
    sealed = of_kms.seal(SECRET, OWNER)

    assert [value for value in changed(sealed) if not refuses(of_kms, value)] == []


def test_each_changed_byte_is_found_where_kms_looks_at_nothing():
    sealer = Sealer(UncheckedKeys())
    sealed = sealer.seal(SECRET, OWNER)

    assert sealer.open(sealed, OWNER) == SECRET
    assert [value for value in changed(sealed) if not refuses(sealer, value)] == []
    assert all(refuses(sealer, sealed, other) for other in OTHERS)


def test_what_was_wrapped_anew_for_the_same_key_does_not_fit(of_kms: Sealer):
    one, other = of_kms.seal(SECRET, OWNER), of_kms.seal(SECRET, OWNER)
    head = 3 + int.from_bytes(one[1:3])

    assert one != other
    with pytest.raises(BrokenSealError):
        of_kms.open(one[:head] + other[head:], OWNER)


def test_what_is_sealed_anew_is_the_same_secret_in_other_bytes():
    sealer = Sealer(InMemoryKeys())
    before = sealer.seal(b"", OWNER)

    after = sealer.reseal(before, OWNER)

    assert before != after
    assert sealer.open(after, OWNER) == b""


def test_out_of_reach_is_told_as_such():
    keys = InMemoryKeys()
    sealer = Sealer(keys)
    sealed = sealer.seal(SECRET, OWNER)
    keys.is_away = True

    with pytest.raises(UnavailableError):
        sealer.seal(SECRET, OWNER)
    with pytest.raises(UnavailableError):
        sealer.open(sealed, OWNER)
