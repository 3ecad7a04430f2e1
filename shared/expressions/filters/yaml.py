"""Block YAML of a JSON value in one linear pass; a dumper that takes seconds is no filter."""

import json
import re

from shared.expressions.errors import TemplateError
from shared.expressions.values import Json, is_map
from shared.json_text import text_json

_PLAIN = re.compile(r"[A-Za-z_/](?:[A-Za-z0-9_./@+ -]*[A-Za-z0-9_./@+-])?")
_LONGEST_KEY = 128
"""A key with all its escapes has to fit into the 1,024 characters that readers look ahead."""
_RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def to_yaml(value: Json) -> str:
    """Write a value whose depth and size are checked already."""
    lines: list[str] = []
    _write(value, "", "", lines)
    return "\n".join(lines)


def _write(value: Json, first: str, rest: str, lines: list[str]) -> None:
    """Add a value's lines, the first one after `first`, the others after `rest`."""
    if is_map(value) and value:
        for key, item in value.items():
            _write_item(item, f"{first}{_key(key)}:", rest, lines)
            first = rest
    elif type(value) is list and value:
        for item in value:
            _write(item, f"{first}- ", f"{rest}  ", lines)
            first = rest
    else:
        lines.append(first + _scalar(value))


def _write_item(item: Json, start: str, rest: str, lines: list[str]) -> None:
    if (is_map(item) or type(item) is list) and item:
        lines.append(start)
        _write(item, f"{rest}  ", f"{rest}  ", lines)
    else:
        lines.append(f"{start} {_scalar(item)}")


def _key(key: str) -> str:
    if len(key) > _LONGEST_KEY:
        raise TemplateError(f"a key has more than {_LONGEST_KEY} characters, too many for YAML")
    return _string(key)


def _scalar(value: Json) -> str:
    if type(value) is str:
        return _string(value)
    if is_map(value):
        return "{}"
    written = text_json(value)
    # YAML 1.1 reads 1e+16 and 5e-324 as text: there, a number with an exponent needs a point.
    is_bare = type(value) is float and "e" in written and "." not in written
    return written.replace("e", ".0e") if is_bare else written


def _string(value: str) -> str:
    if _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    if quoted.isprintable():
        return quoted
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)
