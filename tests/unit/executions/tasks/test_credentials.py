"""The credentials of a turn: found, missing, closed, or out of reach."""

from dataclasses import dataclass, field

import pytest

from shared.executions.tasks.credentials import TurnCredentials
from shared.expressions import CredentialUnavailableError
from shared.json_text import Json


@dataclass
class Stored:
    value: Json
    uses: list[str] = field(default_factory=list)

    def note_use(self) -> None:
        self.uses.append("used")


def test_only_what_was_read_is_noted_as_used():
    read, unread = Stored("x"), Stored("y")
    credentials = TurnCredentials({"READ": read, "UNREAD": unread})

    assert credentials.find("READ") == credentials.find("READ") == "x"
    credentials.note_uses()

    assert (read.uses, unread.uses) == (["used"], [])


def test_all_texts_are_masked_whether_or_not_they_were_read():
    found = {"A": Stored("text"), "B": Stored({"user": "u", "password": "p"}), "C": Stored(None)}

    assert TurnCredentials(found).secrets == ("text", "u", "p")
    assert TurnCredentials(None).secrets == ()


def test_what_is_unknown_is_none_and_what_stays_closed_says_so():
    credentials = TurnCredentials({"CLOSED": Stored(None)})

    assert credentials.find("NONE") is None
    with pytest.raises(CredentialUnavailableError):
        credentials.find("CLOSED")
    with pytest.raises(CredentialUnavailableError):
        TurnCredentials(None).find("ANY")
    TurnCredentials(None).note_uses()
