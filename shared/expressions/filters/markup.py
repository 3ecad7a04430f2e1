"""Filters for text that goes into HTML or XML; nothing is escaped unless a template asks."""

import re
from collections.abc import Callable, Iterator, Mapping

from shared.expressions.errors import TemplateError
from shared.expressions.filters.fields import map_of
from shared.expressions.scope import Run
from shared.expressions.values import Json, text

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;"})
_NO_ATTRIBUTE_NAME = re.compile(r"[\s/>=]")


def escape(_: Run, value: Json, /) -> str:
    return text(value).translate(_ENTITIES)


def safe(_: Run, value: Json, /) -> str:
    return text(value)


def striptags(run: Run, value: Json, /) -> str:
    """Take tags and comments out, join white space, resolve entities."""
    from html import unescape  # noqa: PLC0415  (its table of entities is large)

    return unescape(" ".join("".join(_outside_tags(run, text(value))).split()))


def _outside_tags(run: Run, source: str) -> Iterator[str]:
    position = 0
    last_comment = source.rfind("-->")
    while (start := source.find("<", position)) >= 0:
        is_comment = source.startswith("<!--", start) and start < last_comment
        mark = "-->" if is_comment else ">"
        end = source.find(mark, start)
        if end < 0:
            break
        run.charge(1)
        yield source[position:start]
        position = end + len(mark)
    yield source[position:]


def xmlattr(run: Run, value: Json, /, autospace: Json = True) -> str:  # noqa: FBT002
    """Write a map as attributes, null ones left out."""
    attributes = []
    for name, content in map_of(value).items():
        if _NO_ATTRIBUTE_NAME.search(name):
            raise TemplateError("a key is not the name of an attribute")
        if content is not None:
            attributes.append(f'{escape(run, name)}="{escape(run, content)}"')
    return " " * bool(autospace and attributes) + " ".join(attributes)


MARKUP: Mapping[str, Callable[..., Json]] = {
    "e": escape,
    "escape": escape,
    "forceescape": escape,
    "safe": safe,
    "striptags": striptags,
    "xmlattr": xmlattr,
}
