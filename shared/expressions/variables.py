"""`vars`: the flow's variables, each rendered when something first reads it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from threading import RLock

from shared.expressions.errors import TemplateError
from shared.expressions.scope import Scope
from shared.expressions.template import render_tree
from shared.expressions.values import Json
from shared.messages import Message


class LazyVariables(Mapping[str, Json]):
    """A mapping for the root `vars` that renders `sources` over `scope`, one variable at a time.

    Variables may read each other; one that reads itself, however indirectly, raises
    TemplateError. Credentials stay text in them. Safe to share between threads.
    """

    def __init__(self, sources: Mapping[str, Json], scope: Scope) -> None:
        self._sources = sources
        self._scope = replace(scope, roots={**scope.roots, "vars": self}, credentials=None)
        self._rendered: dict[str, Json] = {}
        self._open: list[str] = []
        self._lock = RLock()

    def __getitem__(self, name: str) -> Json:
        with self._lock:
            if name not in self._rendered:
                self._rendered[name] = self._render(name)
            return self._rendered[name]

    def _render(self, name: str) -> Json:
        if name in self._open:
            path = " -> ".join([*self._open[self._open.index(name) :], name])
            raise TemplateError(
                Message("the variables read each other: {path}", path=Message.of(path)),
                f"variables.{name}",
            )
        self._open.append(name)
        try:
            return render_tree(self._sources[name], self._scope, f"variables.{name}")
        finally:
            self._open.pop()

    def __contains__(self, name: object) -> bool:
        return name in self._sources

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)
