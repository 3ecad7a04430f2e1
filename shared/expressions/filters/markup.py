"""Filters for text that goes into HTML or XML; nothing is escaped unless a template asks."""

import re
from collections.abc import Callable, Iterator, Mapping

from shared.expressions.errors import TemplateError
from shared.expressions.filters.fields import map_of
from shared.expressions.scope import Run
from shared.expressions.values import Json

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;"})
_LONG_REFERENCE = re.compile(r"&#(?:[0-9]{9}|[xX][0-9a-fA-F]{9})")
_STEPS_PER_ENTITY = 16
"""A name of up to 32 characters is looked up at each of its lengths."""
_NO_ATTRIBUTE_NAME = re.compile(r"[\s/>=]")


def escape(run: Run, value: Json, /) -> str:
    return run.text(value).translate(_ENTITIES)


def safe(run: Run, value: Json, /) -> str:
    return run.text(value)


def striptags(run: Run, value: Json, /) -> str:
    """Take tags and comments out, join white space, resolve entities."""
    from html import unescape  # noqa: PLC0415  (its table of entities is large)

    joined = " ".join("".join(_outside_tags(run, run.text(value))).split())
    run.charge(_STEPS_PER_ENTITY * joined.count("&"))
    if _LONG_REFERENCE.search(joined):
        raise TemplateError("a character reference has at most 8 digits")
    return unescape(joined)


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
        run.look()
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
