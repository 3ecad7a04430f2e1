"""Messages of errors: a constant sentence, and apart from it the values that it quotes.

Who shows a message knows the secrets: each value is masked whole, then shortened, then joined. So
half a secret, which no masking would find, never gets into a text.
"""

import re
from collections.abc import Iterable
from typing import Union

from shared.json_text import text_json
from shared.masking import Masking

QUOTED_CHARACTERS = 200
"""The length to which a quoted value is shortened, where the sentence does not say another."""

_PLACE = re.compile(r"\{(\w+)(?::(\d+))?\}")
_LEFT_OUT = "…"


class Message:
    """A sentence with places for values: `Message("there is no flow '{flow:80}'", flow=name)`.

    A value is a text, any other JSON, or a Message itself; the number is its length at most.
    """

    __slots__ = ("_quoted", "_sentence")

    def __init__(self, sentence: str, /, **quoted: object) -> None:
        self._sentence = sentence
        self._quoted = quoted

    @staticmethod
    def of(message: Union["Message", str]) -> "Message":
        """Return a constant sentence as a message that quotes nothing."""
        return message if isinstance(message, Message) else Message(message)

    @staticmethod
    def joined(separator: str, messages: Iterable[Union["Message", str]]) -> "Message":
        """Return several messages as one."""
        named = {f"m{number}": each for number, each in enumerate(map(Message.of, messages))}
        return Message(separator.join(f"{{{name}}}" for name in named), **named)

    def shown(self, masking: Masking) -> str:
        """Return the whole text, without any secret in what it quotes."""
        if not self._quoted:
            return self._sentence
        return _PLACE.sub(lambda place: self._shown(place[1], place[2], masking), self._sentence)

    def unmasked(self) -> str:
        """Return the whole text for those who wrote all that it quotes: authors of flows."""
        return self.shown(_NOTHING)

    def __str__(self) -> str:
        """Leave the values out: a traceback or a log that nobody masked shows none."""
        if not self._quoted:
            return self._sentence
        return _PLACE.sub(lambda place: self._told(place[1]), self._sentence)

    def __repr__(self) -> str:
        return f"Message({str(self)!r})"

    def _shown(self, name: str, limit: str | None, masking: Masking) -> str:
        value = self._quoted[name]
        if isinstance(value, Message):
            return value.shown(masking)
        return _shortened(masking.quoted(_text(value)), int(limit or QUOTED_CHARACTERS))

    def _told(self, name: str) -> str:
        value = self._quoted[name]
        return str(value) if isinstance(value, Message) else _LEFT_OUT


class InvalidValueError(ValueError):
    """A value that cannot be read as what it should be; `message` says why."""

    def __init__(self, message: Message | str) -> None:
        self.message = Message.of(message)
        super().__init__(str(self.message))


def reason(error: Exception) -> Message:
    """Return why something failed; the words of another library's error are a value themselves."""
    message = getattr(error, "message", None)
    return message if isinstance(message, Message) else Message("{why}", why=str(error))


_NOTHING = Masking(())


def _text(value: object) -> str:
    try:
        return value if isinstance(value, str) else text_json(value)
    except (TypeError, ValueError, RecursionError):
        return _LEFT_OUT  # no JSON, or nested too deeply


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + "…"
