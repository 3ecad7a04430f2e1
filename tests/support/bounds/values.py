"""The arguments that the law of bounds tries: what costs much per item, and items in numbers."""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

MANY = 100_000
_CHARACTERS = 1_000_000


def _deep() -> Any:
    """Return a list of a mebibyte whose lists nest 95 deep."""
    nest: Any = 1
    for _ in range(95):
        nest = [nest]
    return [nest] * 5_400


HEAVY: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "list": lambda: list(range(150_000)),
        "text": lambda: "ab " * (_CHARACTERS // 3),
        "path": lambda: "0." * (_CHARACTERS // 2) + "0",
        "names": lambda: "0," * (_CHARACTERS // 2) + "0",
        "deep": _deep,
        "digits": lambda: "9" * _CHARACTERS,
        "quotes": lambda: '\\"' * (_CHARACTERS // 2),
    }
)
"""Each about as large as a result may be; `names` is the long path of what takes several."""

FEW: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "text": lambda: "ab %(k)s",
        "number": lambda: 3,
        "list": lambda: ["ab"],
        "map": lambda: {"k": "ab"},
    }
)

LISTS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "texts": lambda: [f"a{index}" for index in range(MANY)],
        "numbers": lambda: list(range(MANY)),
        "lists": lambda: [["a", index] for index in range(MANY)],
        "maps": lambda: [{"k": index} for index in range(MANY)],
    }
)

WHOLES: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "lines": lambda: "a\n" * MANY,
        "layout": lambda: "%(k).0s" * MANY,
        "keys": lambda: {f"k{index}": index for index in range(MANY)},
    }
)
"""What holds many things without being a list."""

TARGETS = MappingProxyType({**LISTS, **WHOLES})


@cache
def made(kind: str, name: str) -> Any:
    """Return a value, the same object each time; `kind` is `heavy`, `few` or `many`."""
    table = {"heavy": HEAVY, "few": FEW, "many": TARGETS}[kind]
    return table[name]()
