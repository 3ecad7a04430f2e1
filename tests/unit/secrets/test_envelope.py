"""The layout of sealed values: what is cut or of no known version is none."""

import pytest

from shared.secrets.envelope import (
    BrokenSealError,
    Envelope,
    Owner,
    associated_data,
    unpacked,
)

WHOLE = Envelope(b"wrapped key", b"n" * 12, b"sealed" + b"t" * 16)


def test_a_value_tells_by_itself_what_it_is_made_of():
    packed = WHOLE.packed()

    assert packed[0] == 1
    assert unpacked(packed) == WHOLE
    assert packed.startswith(WHOLE.head)


@pytest.mark.parametrize(
    "value", [b"", b"\x01", b"\x02" + WHOLE.packed()[1:], b"\x00" * 60, WHOLE.packed()[:41]]
)
def test_what_is_cut_or_of_another_version_is_refused(value: bytes):
    with pytest.raises(BrokenSealError):
        unpacked(value)


def test_the_tag_covers_each_field_of_the_owner_apart():
    covered = {
        associated_data(b"head", owner)
        for owner in (Owner("a", "b", "c"), Owner("ab", "", "c"), Owner("a", "bc", ""))
    }

    assert len(covered) == 3
