"""A flow's defaults: properties for every task of the types that a pattern names."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from shared.flows.rules import fields
from shared.flows.rules.fields import suggest
from shared.flows.rules.report import Spot
from shared.plugins.plugin import Plugin
from shared.plugins.registry import all_plugins


def merged_properties(
    defaults: Spot | None, properties: Spot | None, plugin: Plugin | None
) -> dict[str, Spot]:
    """A task's own properties over the defaults: in the order of the text, later patterns win.

    A default reaches only the types that know the property, so that a pattern may be wide.
    """
    merged: dict[str, Spot] = {}
    if plugin and defaults:
        for pattern, default in defaults.entries():
            if fnmatchcase(plugin.manifest.id, pattern):
                merged |= {key: at for key, at in default.entries() if _knows(plugin, key)}
    return {**merged, **(dict(properties.entries()) if properties else {})}


def check_defaults(spot: Spot | None) -> None:
    """Each pattern matches a plugin, and each property is known to one that it matches."""
    for pattern, properties in spot.entries() if spot else ():
        matched = [each for each in all_plugins() if fnmatchcase(each.manifest.id, pattern)]
        if not matched:
            hint = suggest(pattern, (each.manifest.id for each in all_plugins()), properties)
            properties.refuse_key(f'no plugin matches "{fields.shorten(pattern)}"{hint}')
        for key, child in properties.entries():
            if matched and not any(_knows(plugin, key) for plugin in matched):
                known = {name for each in matched for name in _declared(each)}
                hint = suggest(key, known, child)
                child.refuse_key(f'unknown property "{fields.shorten(key)}"{hint}')


def _knows(plugin: Plugin, key: str) -> bool:
    schema = plugin.manifest.input_schema
    is_open = schema.get("additionalProperties", True) is not False
    return is_open or key in schema.get("properties", {})


def _declared(plugin: Plugin) -> Mapping[str, Any]:
    declared: Mapping[str, Any] = plugin.manifest.input_schema.get("properties", {})
    return declared
