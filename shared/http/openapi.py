"""The committed OpenAPI document: what is served, and what tells a wrong method from no route."""

import json
import re
from functools import cache
from pathlib import Path

DOCUMENT = Path(__file__).with_name("openapi.json")

_METHODS = ("get", "put", "post", "delete", "patch")


@cache
def document() -> str:
    """Read the document's text, once."""
    return DOCUMENT.read_text(encoding="utf-8")


def allowed_methods(path: str) -> tuple[str, ...]:
    """Name the methods that exist at `path`, in capitals and in order; none for an unknown path."""
    methods = (
        method for pattern, names in _routes() if pattern.fullmatch(path) for method in names
    )
    return tuple(sorted({method.upper() for method in methods}))


@cache
def _routes() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    paths = json.loads(document())["paths"]
    return tuple((_pattern(path), tuple(set(paths[path]) & set(_METHODS))) for path in paths)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", template)))
