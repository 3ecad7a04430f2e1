"""The list that a collection plugin makes: counted while it grows, so that it stays small."""

from typing import Any

from shared.messages import Message
from shared.plugins.sdk.values import MAX_RESULT, too_large

NEW = 8
"""The characters that a new list or map counts besides what is in it."""


class Result:
    """A list and what its entries added to the items that were there before.

    A name, a row or a constant that goes into many entries is counted in each: one object in
    memory, but as many copies when the outputs are written. PluginError `too_large` beyond
    `MAX_RESULT` characters.
    """

    def __init__(self, what: str = "the list") -> None:
        self.entries: list[Any] = []
        self._what = what
        self._left = MAX_RESULT

    def charge(self, characters: int) -> None:
        """Count what is about to be made."""
        self._left -= characters
        if self._left < 0:
            raise too_large(Message.of(self._what))

    def append(self, entry: Any, added: int = 1) -> None:
        """Add an entry that holds `added` characters more than the items did."""
        self.charge(added)
        self.entries.append(entry)
