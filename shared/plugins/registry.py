"""Every task type there is: found by id, listed, counted by category, guessed when misspelt."""

from difflib import get_close_matches
from functools import cache
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from shared.plugins.core import kv as core_kv
from shared.plugins.core import set as core_set
from shared.plugins.flow import control as flow_control
from shared.plugins.flow import flatten as flow_flatten
from shared.plugins.flow import group as flow_group
from shared.plugins.flow import limit as flow_limit
from shared.plugins.flow import lookup as flow_lookup
from shared.plugins.flow import map as flow_map
from shared.plugins.flow import merge as flow_merge
from shared.plugins.flow import reduce as flow_reduce
from shared.plugins.flow import split as flow_split
from shared.plugins.flow import unique as flow_unique
from shared.plugins.http import request as http_request
from shared.plugins.sdk.plugin import Category, Plugin
from shared.plugins.transform import base64 as transform_base64
from shared.plugins.transform import csv as transform_csv
from shared.plugins.transform import filter as transform_filter
from shared.plugins.transform import hash as transform_hash
from shared.plugins.transform import pick as transform_pick
from shared.plugins.transform import regex as transform_regex
from shared.plugins.transform import sort as transform_sort
from shared.plugins.util import compare as util_compare
from shared.plugins.util import json as util_json
from shared.plugins.util import log as util_log
from shared.plugins.util import math as util_math
from shared.plugins.util import random as util_random
from shared.plugins.util import string as util_string
from shared.plugins.util import url as util_url
from shared.plugins.util import uuid as util_uuid
from shared.plugins.util import validate as util_validate

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
    core_kv.PLUGINS,
    core_set.PLUGINS,
    flow_control.PLUGINS,
    flow_flatten.PLUGINS,
    flow_group.PLUGINS,
    flow_limit.PLUGINS,
    flow_lookup.PLUGINS,
    flow_map.PLUGINS,
    flow_merge.PLUGINS,
    flow_reduce.PLUGINS,
    flow_split.PLUGINS,
    flow_unique.PLUGINS,
    http_request.PLUGINS,
    transform_base64.PLUGINS,
    transform_csv.PLUGINS,
    transform_filter.PLUGINS,
    transform_hash.PLUGINS,
    transform_pick.PLUGINS,
    transform_regex.PLUGINS,
    transform_sort.PLUGINS,
    util_compare.PLUGINS,
    util_json.PLUGINS,
    util_log.PLUGINS,
    util_math.PLUGINS,
    util_random.PLUGINS,
    util_string.PLUGINS,
    util_url.PLUGINS,
    util_uuid.PLUGINS,
    util_validate.PLUGINS,
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
    """Return every type the language knows, by id; `run` is None where Step Functions does it."""
    return tuple(_by_id().values())


def available_plugins() -> tuple[Plugin, ...]:
    """Return only the types that can be run today, by id."""
    return tuple(plugin for plugin in all_plugins() if plugin.is_available)


def categories() -> tuple[PluginCategory, ...]:
    """Return all categories, by id, the empty ones too."""
    found = [plugin.manifest.category for plugin in available_plugins()]
    return tuple(
        PluginCategory(id=category, name=name, count=found.count(category))
        for category, name in sorted(CATEGORY_NAMES.items())
    )


def suggestions(plugin_id: str) -> tuple[str, ...]:
    """Return ids that a misspelt one may have meant, the likeliest first."""
    ids = list(_by_id())
    same_name = [
        each for each in ids if each.split(".")[-1] == plugin_id.rsplit(".", maxsplit=1)[-1]
    ]
    close = get_close_matches(plugin_id[:100], ids, n=3, cutoff=0.6)
    return tuple(dict.fromkeys(close + same_name))[:3]
