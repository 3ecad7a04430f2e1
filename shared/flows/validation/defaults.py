"""A flow's defaults: properties for every task of the types that a pattern names."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any, Final

from shared.flows.source.composer import MAX_EXPANSION
from shared.flows.source.report import Spot
from shared.flows.validation import fields
from shared.flows.validation.fields import suggest
from shared.plugins.registry import all_plugins
from shared.plugins.sdk.plugin import Plugin

MAX_PATTERNS: Final = 100


class Defaults:
    """The defaults under the properties of tasks, with a count of what they multiply.

    Patterns apply in the order of the text, later ones win, a task's own properties win over all.
    A default reaches only the types that know the property, so that a pattern may be wide.
    """

    def __init__(self, spot: Spot | None) -> None:
        self._spot = spot
        self._by_type: dict[str, dict[str, Spot]] = {}
        self._expanded = 0
        self.is_over = False

    def under(self, properties: Spot | None, plugin: Plugin | None) -> dict[str, Spot]:
        """Return the task's own properties over the defaults of its type, each at its place."""
        own = dict(properties.entries()) if properties else {}
        defaults = self._of_type(plugin) if plugin and self._spot else {}
        self._expanded += sum(len(key) + each.node.size for key, each in defaults.items())
        if self._expanded <= MAX_EXPANSION:
            return {**defaults, **own}
        if self._spot and not self.is_over:
            self._spot.refuse_key(f"the defaults expand past {MAX_EXPANSION} bytes")
        self.is_over = True
        return own

    def _of_type(self, plugin: Plugin) -> dict[str, Spot]:
        kind = plugin.manifest.id
        if kind not in self._by_type and self._spot:
            merged: dict[str, Spot] = {}
            for pattern, default in islice(self._spot.entries(), MAX_PATTERNS):
                if fnmatchcase(kind, pattern):
                    merged |= {key: at for key, at in default.entries() if _knows(plugin, key)}
            self._by_type[kind] = merged
        return self._by_type[kind]


def check_defaults(spot: Spot | None) -> None:
    """Refuse patterns that match no plugin, and properties unknown to all that they match."""
    if spot is None:
        return
    if len(spot.node.entries or ()) > MAX_PATTERNS:
        spot.refuse_key(f"more than {MAX_PATTERNS} patterns")
    for pattern, properties in islice(spot.entries(), MAX_PATTERNS):
        matched = [each for each in all_plugins() if fnmatchcase(each.manifest.id, pattern)]
        if not matched:
            hint = suggest(pattern, (each.manifest.id for each in all_plugins()), properties)
            properties.refuse_key(f'no plugin matches "{fields.shorten(pattern)}"{hint}')
        for key, child in properties.entries():
            if matched and not any(_knows(plugin, key) for plugin in matched):
                known = [name for each in matched for name in _declared(each)]
                hint = suggest(key, known, child)
                child.refuse_key(f'unknown property "{fields.shorten(key)}"{hint}')


def _knows(plugin: Plugin, key: str) -> bool:
    schema = plugin.manifest.input_schema
    is_open = schema.get("additionalProperties", True) is not False
    return is_open or key in schema.get("properties", {})


def _declared(plugin: Plugin) -> Mapping[str, Any]:
    declared: Mapping[str, Any] = plugin.manifest.input_schema.get("properties", {})
    return declared
