"""Fields of items by their names: one reader for plugins, filters and mappings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Any, Final

from shared.json_text import is_map
from shared.messages import Message

ABSENT: Final = object()
"""The result of a lookup that finds nothing; null is something."""

_ITEMS, _NAMES, _LENGTH = 50, 200, 100
"""The items whose names a message may suggest, how many names of them, and how long ones."""
_KINDS: Final[Mapping[type, str]] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A field's name, taken apart once: the whole name counts first, then its dotted path.

    `unit.price` is the field of that name, else `price` of `unit`. The same holds at each step, so
    `labels.app.kubernetes.io/name` is found too. In a list, a step of digits is a position.
    """

    steps: tuple[tuple[str, str, int | None], ...]
    """Each step, the name that it and all behind it make, and the position that it may be."""

    @classmethod
    def of(cls, name: str) -> "FieldPath":
        """Take a name apart; its length and its steps are for the caller to bound."""
        steps = name.split(".")
        return cls(
            tuple(
                (step, ".".join(steps[number:]), position_of(step))
                for number, step in enumerate(steps)
            )
        )

    def find(self, item: Any) -> Any:
        """Return the field's value, or ABSENT."""
        for step, rest, position in self.steps:
            if is_map(item):
                if rest in item:
                    return item[rest]
                if step not in item:
                    return ABSENT
                item = item[step]
            elif position is not None and type(item) is list and position < len(item):
                item = item[position]
            else:
                return ABSENT
        return item

    def names_in(self, item: Any) -> tuple[str, ...]:
        """Return the steps to write at: a field that is there under several of them is one."""
        names: list[str] = []
        for step, rest, position in self.steps:
            if is_map(item) and rest in item:
                return (*names, rest)
            names.append(step)
            if is_map(item):
                item = item.get(step)
            elif position is not None and type(item) is list and position < len(item):
                item = item[position]
            else:
                item = None
        return tuple(names)


def position_of(step: str) -> int | None:
    """Read a position in a list: ASCII digits; a name of another script's digits is a name."""
    return int(step) if step.isascii() and step.isdigit() and len(step) < 10 else None


def no_such_field(name: str, items: Sequence[Any], *, one: str = "item") -> Message:
    """Return the sentence that none of some items has a field, with a name that there is.

    `one` is the word for one of them.
    """
    names = _names_of(items)
    if not names:
        kind = _KINDS.get(type(items[0]))
        what = f"{kind}, not a map" if kind else "a map without fields"
        return Message(f'no {one} has a field "{{field:80}}": {one} 0 is {what}', field=name)
    near = get_close_matches(name[:_LENGTH], names, n=1)
    if near:
        sentence = f'no {one} has a field "{{field:80}}", did you mean "{{near:80}}"?'
        return Message(sentence, field=name, near=near[0])
    sentence = f'no {one} has a field "{{field:80}}"; one that is there is "{{other:80}}"'
    return Message(sentence, field=name, other=min(names))


def _names_of(items: Sequence[Any]) -> list[str]:
    found = (name for item in items[:_ITEMS] if is_map(item) for name in item)
    return list(dict.fromkeys(islice((each for each in found if len(each) <= _LENGTH), _NAMES)))
