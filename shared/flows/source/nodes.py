"""Values of a flow's text, each with the place where it stands."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.flows.source.scalars import Scalar
from shared.json_text import Json


class SourceEntry(NamedTuple):
    """A key of a mapping: where it stands, whether it is text as written, and its value."""

    line: int
    column: int
    is_text: bool
    node: "SourceNode"


class SourceNode(NamedTuple):
    """A value with its place (1-based line and column); aliases share one node.

    Just one of `entries` (a map), `items` (a list) and `scalar` is set. `is_templated` says that
    some text below may hold a template or a credential.
    """

    value: Json
    line: int
    column: int
    entries: Mapping[str, SourceEntry] | None = None
    items: Sequence["SourceNode"] | None = None
    scalar: Scalar | None = None
    is_templated: bool = False
    size: int = 0
    height: int = 0
