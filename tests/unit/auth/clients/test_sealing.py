"""Passwords under secrets: opened by the right one for the right owner, and by nothing else."""

import os
from base64 import b64decode, b64encode

import pytest

from shared.auth.clients.sealing import SealedPassword, new_secret, seal, unsealed

SECRET, PASSWORD, OWNER = new_secret(), "pässword of the pool", "acme/1"


def test_a_password_is_opened_by_its_secret_alone():
    sealed = seal(PASSWORD, SECRET, OWNER)

    assert unsealed(sealed, SECRET, OWNER) == PASSWORD
    for wrong in (new_secret(), SECRET[:-1], SECRET + "A", SECRET.swapcase(), "", "é"):
        assert unsealed(sealed, wrong, OWNER) is None


@pytest.mark.parametrize("owner", ["acme/2", "other/1", "", "acme/11"])
def test_a_password_is_opened_for_its_owner_alone(owner: str):
    assert unsealed(seal(PASSWORD, SECRET, OWNER), SECRET, owner) is None


@pytest.mark.parametrize("field", ["salt", "digest", "nonce", "sealed"])
def test_what_was_changed_does_not_open(field: str):
    sealed = seal(PASSWORD, SECRET, OWNER)
    raw = bytearray(b64decode(getattr(sealed, field)))
    raw[-1] ^= 1

    changed = sealed.model_copy(update={field: b64encode(raw).decode()})

    assert unsealed(changed, SECRET, OWNER) is None


def test_a_row_alone_opens_nothing_not_even_by_another_rows_digest():
    mine = seal(PASSWORD, SECRET, OWNER)
    other = "a secret that somebody knows"
    theirs = seal("x" * 12, other, OWNER)

    mixed = SealedPassword(
        salt=theirs.salt, digest=theirs.digest, nonce=mine.nonce, sealed=mine.sealed
    )

    assert unsealed(mixed, other, OWNER) is None
    assert PASSWORD not in mine.model_dump_json()
    assert SECRET not in mine.model_dump_json()


def test_equal_secrets_and_passwords_are_sealed_apart():
    one, other = (seal(PASSWORD, SECRET, OWNER) for _ in range(2))

    fields = SealedPassword.model_fields
    assert [name for name in fields if getattr(one, name) == getattr(other, name)] == []


def test_a_secret_has_256_bits_of_what_it_is_made_of():
    asked: list[int] = []

    def entropy(count: int) -> bytes:
        asked.append(count)
        return os.urandom(count)

    secrets = {new_secret(entropy) for _ in range(100)}

    assert (len(secrets), set(asked)) == (100, {32})
    assert {len(each) for each in secrets} == {43}
