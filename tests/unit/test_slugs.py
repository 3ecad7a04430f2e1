"""Slugs keep every letter of the Latin script."""

import sys
import unicodedata

import pytest

from shared.slugs import slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Łódź Straße Ærø", "lodz-strasse-aeroe"),
        ("Đặng Þór Eyjafjörður", "dang-thor-eyjafjordur"),
        ("GROẞE ŒUVRE, ĲSSEL", "grosse-oeuvre-ijssel"),
        ("Ħamrun Ŋaŋ ǾĦ", "hamrun-ngang-oeh"),
        ("\u0131ğd\u0131r Ç\u0131ğ Əli", "igdir-cig-eli"),
        ("ﬁne ½ ⓐ \uff21", "fine-12-a-a"),
        ("e\u0301 & Москва — 2", "e-2"),
    ],
)
def test_a_slug_is_spelt(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_no_letter_of_latin_is_lost() -> None:
    letters = [
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.name(character, "").startswith("LATIN ")
        and unicodedata.category(character).startswith("L")
    ]

    assert len(letters) > 1_000
    assert [each for each in letters if not slug(each)] == []
