"""Regular expressions on RE2: linear time for one match, bounded time for many."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.json_schema.builders import (
    a_pattern,
    anything,
    array,
    boolean,
    choice,
    closed,
    outputs,
    string,
)
from shared.json_schema.validator import PatternError, compile_pattern
from shared.messages import Message
from shared.plugins.sdk.plugin import Manifest, Plugin, PluginError, TaskContext
from shared.plugins.sdk.results import NEW, Result
from shared.plugins.sdk.values import invalid, too_large

_ESCAPE = re.compile(r"(\\[0-9\\])")
_MAX_MATCHES = 50_000
_MAX_SECONDS = 10.0
"""A pattern that looks ahead to the end for every match makes all of them together quadratic."""


class _Search:
    """A pattern over a text, and the time that is left for it."""

    def __init__(self, properties: Mapping[str, Any], context: TaskContext) -> None:
        self.text: str = properties["data"]
        self.replacement: str = properties.get("replacement", "")
        self.pattern = _compiled(properties["pattern"], properties.get("flags", ""))
        self._numbers = [str(number + 1) for number in range(self.pattern.groups)]
        self._names = sum(NEW + len(name) for name in (*self._numbers, *self.pattern.groupindex))
        self._groups = Result("the groups")
        self._clock = context.scope.budget.clock
        self._until = self._clock() + min(_MAX_SECONDS, context.remaining())

    def matches(self) -> Iterator[Any]:
        last = None
        for count, match in enumerate(self.pattern.finditer(self.text)):
            if count >= _MAX_MATCHES:
                raise too_large("the list of matches")
            if self._clock() > self._until:
                raise PluginError("finding all matches takes too long", code="timeout")
            if match.span() != last:  # the library gives some empty matches twice
                yield match
            last = match.span()

    def groups(self, match: Any) -> dict[str, str | None]:
        """Return what each group matched, by number and by name."""
        spans = (match.span(number) for number in range(self.pattern.groups + 1))
        self._groups.charge(NEW + self._names + 2 * sum(end - start for start, end in spans))
        numbered = dict(zip(self._numbers, match.groups(), strict=True))
        return {**numbered, **match.groupdict()}


def _compiled(pattern: str, flags: str) -> Any:
    try:
        return compile_pattern(pattern, "".join(sorted(set(flags))))
    except PatternError as error:
        raise invalid(error.message) from None


def _regex(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    try:
        return _OPERATIONS[properties["operation"]](_Search(properties, context))
    except UnicodeError:
        raise invalid("the text holds half of a surrogate pair") from None


def _match(search: _Search) -> Mapping[str, Any]:
    found = search.pattern.search(search.text)
    if found is None:
        return {"matched": False, "matches": [], "groups": {}, "result": None}
    return {
        "matched": True,
        "matches": [found.group()],
        "groups": search.groups(found),
        "result": found.group(),
    }


def _extract(search: _Search) -> Mapping[str, Any]:
    matches, groups, result = [], [], []
    for found in search.matches():
        matches.append(found.group())
        groups.append(search.groups(found))
        result.append(found.group(1) if search.pattern.groups else found.group())
    return {"matched": bool(matches), "matches": matches, "groups": groups, "result": result}


def _replace(search: _Search) -> Mapping[str, Any]:
    parts = _template(search.replacement, search.pattern.groups)
    fixed = len(parts) + sum(len(part) for part in parts if isinstance(part, str))
    uses = Counter(part for part in parts if isinstance(part, int))
    made, end = Result("the text"), 0
    for found in search.matches():
        texts = {group: found.group(group) or "" for group in uses}
        made.charge(fixed + sum(len(texts[group]) * times for group, times in uses.items()))
        made.entries.append(search.text[end : found.start()])
        made.entries += (part if isinstance(part, str) else texts[part] for part in parts)
        end = found.end()
    return {"matched": bool(made.entries), "result": "".join([*made.entries, search.text[end:]])}


def _template(replacement: str, groups: int) -> list[str | int]:
    r"""Split a replacement into text and group numbers: `\1` to `\9`, `\0` is all, `\\` is one."""
    parts: list[str | int] = []
    for part in _ESCAPE.split(replacement):
        if not part.startswith("\\") or not _ESCAPE.fullmatch(part):
            parts.append(part)
        elif part[1] == "\\":
            parts.append("\\")
        elif int(part[1]) > groups:
            raise invalid(Message("the pattern has no group {group}", group=part[1]))
        else:
            parts.append(int(part[1]))
    return parts


def _split(search: _Search) -> Mapping[str, Any]:
    pieces, end = [], 0
    for found in search.matches():
        if found.end() > found.start():
            pieces.append(search.text[end : found.start()])
            end = found.end()
    return {"matched": bool(pieces), "result": [*pieces, search.text[end:]]}


_OPERATIONS: Mapping[str, Callable[[_Search], Mapping[str, Any]]] = {
    "match": _match,
    "replace": _replace,
    "extract": _extract,
    "split": _split,
}

PLUGINS = (
    Plugin(
        Manifest(
            id="transform.regex",
            name="Regular expression",
            category="transform",
            description=(
                "match: is it there; extract: all there are; replace: every one; split: at every "
                "one. Patterns are RE2, so without lookaround and back-references."
            ),
            input_schema=closed(
                {
                    "operation": choice("What to do.", *_OPERATIONS),
                    "data": string("The text."),
                    "pattern": a_pattern("The regular expression."),
                    "replacement": string(
                        r"replace: the new text; \1 is the first group, \0 all of the match.",
                        default="",
                    ),
                    "flags": string(
                        "i: any case, m: ^ and $ at every line, s: . is any character.",
                        pattern="^[ims]*$",
                        default="",
                    ),
                },
                required=["operation", "data", "pattern"],
            ),
            output_schema=outputs(
                {
                    "matched": boolean("Whether the pattern was found."),
                    "matches": array("match and extract: the texts found."),
                    "groups": {
                        "type": ["object", "array"],
                        "description": "match: texts by number and name; extract: a list of such.",
                    },
                    "result": anything(
                        "match: the text found or null; extract: first groups, or whole matches "
                        "without a group; replace: the text; split: the pieces."
                    ),
                },
                required=["matched", "result"],
            ),
            icon="regex",
        ),
        _regex,
    ),
)
