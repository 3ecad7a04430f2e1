"""Every task type there is: found by id, listed, counted by category, guessed when misspelt."""

from difflib import get_close_matches
from functools import cache
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from shared.plugins import (
    arithmetic,
    comparison,
    containers,
    core,
    csv_text,
    digest,
    encodings,
    fields,
    http_request,
    joins,
    json_values,
    keyed,
    lists,
    patterns,
    randomness,
    texts,
    urls,
    validation,
    windows,
)
from shared.plugins.plugin import Category, Plugin

CATEGORY_NAMES: dict[Category, str] = {
    "ai": "AI",
    "aws": "AWS",
    "core": "Core",
    "database": "Databases",
    "flow": "Flow Control",
    "protocol": "Protocol",
    "saas": "SaaS",
    "transform": "Transforms",
    "utility": "Utility",
}

_FAMILIES = (
    arithmetic.PLUGINS,
    comparison.PLUGINS,
    containers.PLUGINS,
    core.PLUGINS,
    csv_text.PLUGINS,
    digest.PLUGINS,
    encodings.PLUGINS,
    fields.PLUGINS,
    http_request.PLUGINS,
    joins.PLUGINS,
    json_values.PLUGINS,
    keyed.PLUGINS,
    lists.PLUGINS,
    patterns.PLUGINS,
    randomness.PLUGINS,
    texts.PLUGINS,
    urls.PLUGINS,
    validation.PLUGINS,
    windows.PLUGINS,
)


class PluginCategory(BaseModel):
    """A category and how many of its plugins can be run."""

    model_config = ConfigDict(frozen=True)

    id: Category
    name: str
    count: int


@cache
def _by_id() -> MappingProxyType[str, Plugin]:
    plugins = [plugin for family in _FAMILIES for plugin in family]
    return MappingProxyType({each.manifest.id: each for each in sorted(plugins, key=_id)})


def _id(plugin: Plugin) -> str:
    return plugin.manifest.id


def find(plugin_id: str) -> Plugin | None:
    return _by_id().get(plugin_id)


def all_plugins() -> tuple[Plugin, ...]:
    """Every type the flow language knows, by id; `run` is None where Step Functions does it."""
    return tuple(_by_id().values())


def available_plugins() -> tuple[Plugin, ...]:
    """Only the types that can be run today, by id."""
    return tuple(plugin for plugin in all_plugins() if plugin.is_available)


def categories() -> tuple[PluginCategory, ...]:
    """All categories, by id, the empty ones too."""
    found = [plugin.manifest.category for plugin in available_plugins()]
    return tuple(
        PluginCategory(id=category, name=name, count=found.count(category))
        for category, name in sorted(CATEGORY_NAMES.items())
    )


def suggestions(plugin_id: str) -> tuple[str, ...]:
    """Ids that a misspelt one may have meant, the likeliest first."""
    ids = list(_by_id())
    same_name = [
        each for each in ids if each.split(".")[-1] == plugin_id.rsplit(".", maxsplit=1)[-1]
    ]
    close = get_close_matches(plugin_id[:100], ids, n=3, cutoff=0.6)
    return tuple(dict.fromkeys(close + same_name))[:3]
