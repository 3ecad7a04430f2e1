"""Templates that were written without quotes: YAML takes their braces for maps."""

import re
from typing import Final

MESSAGE: Final = "quote a template, '{{ … }}': without quotes YAML takes its braces for a map"

_QUOTED_OR_BRACES = re.compile(
    r"""(?<![^\s:,\[{-])(?P<quoted>'(?:[^']|'')*'|"(?:[^"\\]|\\.)*")|(?<!\S)\#.*|(?P<braces>\{\{)"""
)


def is_template_at(text: str, index: int) -> bool:
    """Tell whether a map that begins at an offset is a template: no key begins with a brace."""
    return text.startswith("{{", index)


def find_unquoted(line: str) -> int | None:
    """Return the offset of the first `{{` of a line that stands outside of quotes and comments.

    None where quotes end too early (`'it's {{ x }}'`): another pair would not help.
    """
    for found in _QUOTED_OR_BRACES.finditer(line):
        if found["braces"]:
            return found.start()
        if found["quoted"] and line[found.end() : found.end() + 1].isalnum():
            return None
    return None
