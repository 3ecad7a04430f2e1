"""The composer of nodes from parser events: no recursion, and a count before any expansion."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, NoReturn

import yaml

from shared.errors import Problem
from shared.flows.source.nodes import SourceEntry, SourceNode
from shared.flows.source.paths import child_path, item_path
from shared.flows.source.scalars import Scalar, has_leading_zero, resolve
from shared.flows.source.unquoted import MESSAGE, is_template_at

MAX_EXPANSION: Final = 1024 * 1024
MAX_DEPTH: Final = 100
MAX_PROBLEMS: Final = 200

_SURROGATES = re.compile("[\ud800-\udfff]")
_TEMPLATE = re.compile(r"\{\{|\{%|\{#|\$\{")
_PUNCTUATION = 3
"""The bytes that quotes and a comma add to a value: an expansion is measured as JSON."""


class RefusedError(Exception):
    """The text cannot be read any further."""

    def __init__(self, message: str, line: int = 1, column: int = 1, path: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(path=path, message=message, line=line, column=column)


class _Key(NamedTuple):
    """A key that waits for its value; `text` is None for what can be no key."""

    text: str | None
    line: int
    column: int
    is_text: bool
    is_merge: bool


@dataclass(slots=True)
class _Open:
    """A list or map whose end has not been met."""

    event: Any
    is_map: bool
    anchor: str | None
    key: _Key | None = None
    entries: dict[str, SourceEntry] = field(default_factory=dict)
    merged: dict[str, SourceEntry] = field(default_factory=dict)
    items: list[SourceNode] = field(default_factory=list)
    size: int = _PUNCTUATION
    height: int = 0
    is_templated: bool = False
    is_template: bool = False
    """True of what is no map at all, but a template without quotes."""


class Composer:
    """The composer of nodes from parser events: not recursive, it counts before it expands.

    `text` is what the events were parsed from; a template in it without quotes is refused, and
    read as if it had them.
    """

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.root: SourceNode | None = None
        self._text = text
        self._refused_lines: set[int] = set()
        self._open: list[_Open] = []
        self._anchors: dict[str, SourceNode | None] = {}
        self._expanded = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        handle = _HANDLERS.get(type(event))
        if handle is not None:
            handle(self, event)

    def _stop(self, event: Any, message: str) -> NoReturn:
        mark = event.start_mark
        raise RefusedError(message, mark.line + 1, mark.column + 1, self._path())

    def _problem(self, message: str, line: int, column: int) -> None:
        self._report(self.problems, message, line, column)

    def _report(self, found: list[Problem], message: str, line: int, column: int) -> None:
        if len(found) < MAX_PROBLEMS and not self._is_in_template():
            found.append(Problem(path=self._path(), message=message, line=line, column=column))

    def _is_in_template(self) -> bool:
        return any(level.is_template for level in self._open)

    def has_refused_template(self, line: int) -> bool:
        """Tell whether what breaks off in a line is a template that has been refused already."""
        return self._is_in_template() or line in self._refused_lines

    def _path(self) -> str:
        path = ""
        for level in self._open:
            if not level.is_map:
                path = item_path(path, len(level.items))
            elif level.key and level.key.text is not None:
                path = child_path(path, level.key.text)
        return path

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None:
            mark = event.start_mark
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._problem(f"the tag {tag} is not allowed", mark.line + 1, mark.column + 1)

    def begin_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._stop(event, "a flow is one document, here begins a second")

    def take_scalar(self, event: Any) -> None:
        self._check_tag(event)
        mark = event.start_mark
        text, style = event.value, event.style or ""
        value = text
        try:
            value = resolve(text) if not style and event.tag is None else text
        except ValueError as error:
            self._problem(str(error), mark.line + 1, mark.column + 1)
        if _SURROGATES.search(text):
            self._problem("half a surrogate pair is no text", mark.line + 1, mark.column + 1)
        if type(value) in (int, float) and has_leading_zero(text) and not self._is_at_key():
            message = f"{text} is read as the number {value}: quote it if it is text"
            self._report(self.warnings, message, mark.line + 1, mark.column + 1)
        node = SourceNode(
            value,
            mark.line + 1,
            mark.column + 1,
            scalar=Scalar(text, style, mark.index, event.end_mark.index),
            is_templated=_TEMPLATE.search(text) is not None,
            size=len(text) + _PUNCTUATION,
        )
        self._expanded += node.size
        if event.anchor:
            self._anchors[event.anchor] = node
        self._place(node)

    def _is_at_key(self) -> bool:
        return bool(self._open) and self._open[-1].is_map and self._open[-1].key is None

    def take_alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            self._stop(event, f"the alias *{event.anchor} names no anchor before it")
        node = self._anchors[event.anchor]
        if node is None:
            self._stop(event, f"the alias *{event.anchor} contains itself")
        self._expanded += node.size
        if self._expanded > MAX_EXPANSION:
            self._stop(event, f"the aliases expand past {MAX_EXPANSION} bytes")
        if len(self._open) + node.height > MAX_DEPTH:
            self._stop(event, f"more than {MAX_DEPTH} levels")
        self._place(node)

    def start(self, event: Any) -> None:
        self._check_tag(event)
        if len(self._open) >= MAX_DEPTH:
            self._stop(event, f"more than {MAX_DEPTH} levels")
        if event.anchor:
            self._anchors[event.anchor] = None
        self._expanded += _PUNCTUATION
        is_map = isinstance(event, yaml.MappingStartEvent)
        mark = event.start_mark
        is_template = is_map and event.flow_style and is_template_at(self._text, mark.index)
        if is_template:
            self._problem(MESSAGE, mark.line + 1, mark.column + 1)
        self._open.append(_Open(event, is_map, event.anchor, is_template=is_template))

    def end(self, event: Any) -> None:
        level = self._open.pop()
        node = self._template(level, event) if level.is_template else _collection(level)
        if level.anchor:
            self._anchors[level.anchor] = node
        self._place(node)

    def _template(self, level: _Open, event: Any) -> SourceNode:
        """Return the text that a template without quotes was meant to be."""
        mark, end = level.event.start_mark, event.end_mark
        self._refused_lines.add(end.line + 1)
        text = self._text[mark.index : end.index]
        return SourceNode(
            text,
            mark.line + 1,
            mark.column + 1,
            scalar=Scalar(text, "", mark.index, end.index),
            is_templated=True,
            size=len(text) + _PUNCTUATION,
        )

    def _place(self, node: SourceNode) -> None:
        if not self._open:
            self.root = node
            return
        level = self._open[-1]
        level.size += node.size
        level.height = max(level.height, node.height)
        level.is_templated = level.is_templated or node.is_templated
        if not level.is_map:
            level.items.append(node)
        elif level.key is None:
            level.key = self._key(node)
        else:
            self._enter(level, level.key, node)
            level.key = None

    def _key(self, node: SourceNode) -> _Key:
        if node.scalar is None:
            self._problem("a key must be text", node.line, node.column)
            return _Key(None, node.line, node.column, is_text=False, is_merge=False)
        text, style = node.scalar.text, node.scalar.style
        is_merge = text == "<<" and not style
        return _Key(text, node.line, node.column, isinstance(node.value, str), is_merge)

    def _enter(self, level: _Open, key: _Key, node: SourceNode) -> None:
        text, line, column, is_text, is_merge = key
        if text is None:
            return
        if is_merge:
            self._merge(level, node)
        elif text in level.entries:
            first = level.entries[text].line
            self._problem(f'duplicate key "{text}", first in line {first}', line, column)
        else:
            level.entries[text] = SourceEntry(line, column, is_text, node)

    def _merge(self, level: _Open, node: SourceNode) -> None:
        for source in [node] if node.items is None else node.items:
            if source.entries is None:
                self._problem('"<<" merges a map or a list of maps', source.line, source.column)
                continue
            for text, entry in source.entries.items():
                level.merged.setdefault(text, entry)


def _collection(level: _Open) -> SourceNode:
    entries = {**level.merged, **level.entries} if level.is_map else None
    items = None if level.is_map else level.items
    return SourceNode(
        {key: entry.node.value for key, entry in entries.items()}
        if entries is not None
        else [item.value for item in level.items],
        level.event.start_mark.line + 1,
        level.event.start_mark.column + 1,
        entries=entries,
        items=items,
        is_templated=level.is_templated,
        size=level.size,
        height=level.height + 1,
    )


_HANDLERS: Final[Mapping[type, Callable[[Composer, Any], None]]] = {
    yaml.DocumentStartEvent: Composer.begin_document,
    yaml.ScalarEvent: Composer.take_scalar,
    yaml.AliasEvent: Composer.take_alias,
    yaml.MappingStartEvent: Composer.start,
    yaml.SequenceStartEvent: Composer.start,
    yaml.MappingEndEvent: Composer.end,
    yaml.SequenceEndEvent: Composer.end,
}
