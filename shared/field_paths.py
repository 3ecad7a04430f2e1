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
_NO_MAPS: Final[Mapping[type, str]] = {
    bool: "a boolean, not a map",
    int: "a number, not a map",
    float: "a number, not a map",
    str: "a string, not a map",
    list: "a list, not a map",
    type(None): "null, not a map",
}


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A field's name, taken apart once: the whole name counts first, then its dotted path.

    `unit.price` is the field of that name, else `price` of `unit`. The same holds at each step, so
    `labels.app.kubernetes.io/name` is found too. A step of digits is a position in a list or text.
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
            elif position is not None and type(item) in (list, str) and position < len(item):
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

    `one` is our word for one of them.
    """
    names = _names_of(items)
    near = get_close_matches(name[:_LENGTH], names, n=1)
    word = Message.of(one)
    if near:
        sentence = 'no {one} has a field "{field:80}", did you mean "{near:80}"?'
        return Message(sentence, one=word, field=name, near=near[0])
    if names:
        sentence = 'no {one} has a field "{field:80}"; one that is there is "{other:80}"'
        return Message(sentence, one=word, field=name, other=min(names))
    what = Message.of(_NO_MAPS.get(type(items[0]), "a map without fields"))
    return Message(
        'no {one} has a field "{field:80}": {one} 0 is {what}', one=word, field=name, what=what
    )


def near_name(name: str, item: Mapping[str, Any]) -> str:
    """Return the field of an item that a name may have meant, or nothing."""
    return next(iter(get_close_matches(name[:_LENGTH], _names_of([item]), n=1)), "")


def _names_of(items: Sequence[Any]) -> list[str]:
    found = (name for item in items[:_ITEMS] if is_map(item) for name in item)
    return list(dict.fromkeys(islice((each for each in found if len(each) <= _LENGTH), _NAMES)))
