"""Operations on text, a character (code point) at a time."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from shared.json_schema.builders import anything, choice, closed, integer, outputs, string
from shared.messages import Message
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import MAX_RESULT, invalid, text, too_large, type_name

Properties = Mapping[str, Any]

_MAX_PIECES = 1_000_000
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")


def _string(properties: Properties, _context: TaskContext) -> Mapping[str, Any]:
    result = _OPERATIONS[properties["operation"]](properties)
    return {"result": result}


def _text(properties: Properties) -> str:
    value = properties["value"]
    if isinstance(value, list | dict):
        raise invalid(
            Message(
                f"value must be text for {{operation}}, not {type_name(value)}",
                operation=properties["operation"],
            )
        )
    return text(value)


def _replace(properties: Properties) -> str:
    value, old, new = _text(properties), properties["from"], properties.get("to", "")
    if not old:
        raise invalid("from must not be empty")
    if len(value) + value.count(old) * (len(new) - len(old)) > MAX_RESULT:
        raise too_large("the text")
    return value.replace(old, new)


def _split(properties: Properties) -> list[str]:
    separator = properties.get("separator", ",")
    value = _text(properties)
    if (value.count(separator) if separator else len(value)) > _MAX_PIECES:
        raise too_large("the list")
    return value.split(separator) if separator else list(value)


def _join(properties: Properties) -> str:
    value, separator = properties["value"], properties.get("separator", ",")
    if not isinstance(value, list):
        raise invalid(f"value must be a list for join, not {type_name(value)}")
    parts = [text(item) for item in value]
    if sum(map(len, parts)) + len(separator) * len(parts) > MAX_RESULT:
        raise too_large("the text")
    return str(separator).join(parts)


def _substring(properties: Properties) -> str:
    end = properties.get("end")
    return _text(properties)[int(properties.get("start", 0)) : None if end is None else int(end)]


def _pad(properties: Properties) -> str:
    value, width, char = _text(properties), int(properties["width"]), properties.get("char", " ")
    if width > MAX_RESULT:
        raise too_large("the text")
    if properties.get("side") == "right":
        return value.ljust(width, char)
    if properties.get("side") == "both":
        return value.center(width, char)
    return value.rjust(width, char)


def _repeat(properties: Properties) -> str:
    value, times = _text(properties), int(properties["times"])
    if len(value) * times > MAX_RESULT:
        raise too_large("the text")
    return value * times


def _length(properties: Properties) -> int:
    value = properties["value"]
    return len(value) if isinstance(value, list | dict) else len(_text(properties))


def _contains(properties: Properties) -> bool:
    value, sought = properties["value"], properties["search"]
    return sought in (value if isinstance(value, list) else _text(properties))


def _reverse(properties: Properties) -> str | list[Any]:
    value = properties["value"]
    return value[::-1] if isinstance(value, list) else _text(properties)[::-1]


def slugify(value: str) -> str:
    """Return lower-case ASCII letters and digits, joined by single hyphens."""
    # One by one: normalising a long run of accents takes quadratic time, to sort what goes anyway.
    plain = value.translate({ord(each): _ascii(each) for each in set(value)}).lower()
    return _NOT_IN_A_SLUG.sub("-", plain).strip("-")


def _ascii(character: str) -> str:
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()


_OPERATIONS: Mapping[str, Callable[[Properties], Any]] = {
    "upper": lambda properties: _text(properties).upper(),
    "lower": lambda properties: _text(properties).lower(),
    "trim": lambda properties: _text(properties).strip(),
    "replace": _replace,
    "split": _split,
    "join": _join,
    "substring": _substring,
    "pad": _pad,
    "repeat": _repeat,
    "length": _length,
    "contains": _contains,
    "startsWith": lambda properties: _text(properties).startswith(properties["search"]),
    "endsWith": lambda properties: _text(properties).endswith(properties["search"]),
    "slugify": lambda properties: slugify(_text(properties)),
    "reverse": _reverse,
}


PLUGINS = (
    Plugin(
        Manifest(
            id="util.string",
            name="Text",
            category="utility",
            description="Changes, takes apart or looks into text; numbers are taken as text.",
            input_schema=closed(
                {
                    "operation": choice("What to do.", *_OPERATIONS),
                    "value": anything("The text; a list for join; either for length and reverse."),
                    "from": string("replace: what is replaced, everywhere."),
                    "to": string("replace: by what.", default=""),
                    "separator": string(
                        "split and join: what is between; empty splits into characters.",
                        default=",",
                    ),
                    "start": integer("substring: first character; negative from the end."),
                    "end": integer("substring: the character after the last."),
                    "width": integer("pad: how long the text becomes.", minimum=0),
                    "char": string(
                        "pad: what it is filled with.", minLength=1, maxLength=1, default=" "
                    ),
                    "side": choice(
                        "pad: where it is filled.", "left", "right", "both", default="left"
                    ),
                    "times": integer("repeat: how often.", minimum=0),
                    "search": string("contains, startsWith, endsWith: what is looked for."),
                },
                required=["operation", "value"],
                needs={
                    "replace": ["from"],
                    "pad": ["width"],
                    "repeat": ["times"],
                    "contains": ["search"],
                    "startsWith": ["search"],
                    "endsWith": ["search"],
                },
            ),
            output_schema=outputs({"result": anything("Text, a list, a number or a boolean.")}),
            icon="type",
        ),
        _string,
    ),
)
