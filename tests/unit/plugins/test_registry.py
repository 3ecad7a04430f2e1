"""The registry lists what there is, and guesses what was meant."""

import json

import pytest
from jsonschema import Draft202012Validator

from shared.plugins.flow.control import BY_ENGINE
from shared.plugins.registry import (
    CATEGORY_NAMES,
    all_plugins,
    available_plugins,
    categories,
    find,
    suggestions,
)
from shared.plugins.sdk.plugin import Plugin

EVERY_PLUGIN = pytest.mark.parametrize("plugin", all_plugins(), ids=lambda each: each.manifest.id)

DURABLE = {
    "flow.foreach",
    "flow.loop",
    "flow.gate",
    "flow.if",
    "flow.parallel",
    "flow.subflow",
    "flow.switch",
    "flow.wait",
    "human.task",
    "worker.job",
}
WITH_A_TABLE = {"core.kv"}
"""Types whose function stands with the noun that owns their table."""


def test_a_plugin_is_found_by_its_id() -> None:
    found = find("util.log")

    assert found is not None
    assert found.manifest.name == "Log"


def test_an_unknown_id_finds_nothing() -> None:
    assert find("util.nope") is None


def test_plugins_are_sorted_by_id_and_unique() -> None:
    ids = [plugin.manifest.id for plugin in all_plugins()]

    assert ids == sorted(set(ids))


def test_what_the_engine_runs_itself_is_available_and_the_rest_is_known() -> None:
    assert {each.manifest.id for each in all_plugins() if each.run is None} == (
        DURABLE | WITH_A_TABLE
    )
    available = {each.manifest.id for each in available_plugins()}
    assert available & (DURABLE | WITH_A_TABLE) == BY_ENGINE | WITH_A_TABLE


RUNNABLE = [plugin for plugin in all_plugins() if plugin.run]


@pytest.mark.parametrize("plugin", RUNNABLE, ids=lambda each: each.manifest.id)
def test_the_path_of_a_plugin_is_its_id(plugin: Plugin) -> None:
    assert plugin.run
    assert plugin.run.__module__ == f"shared.plugins.{plugin.manifest.id}"


@EVERY_PLUGIN
def test_only_durable_plugins_have_no_function(plugin: Plugin) -> None:
    stands_elsewhere = plugin.manifest.id in WITH_A_TABLE
    is_durable = plugin.manifest.execution == "durable"
    assert (plugin.run is None) == (is_durable or stands_elsewhere)


@EVERY_PLUGIN
def test_a_manifest_is_complete(plugin: Plugin) -> None:
    manifest = plugin.manifest

    assert manifest.description.endswith(".")
    assert manifest.name
    assert manifest.icon
    assert manifest.category in CATEGORY_NAMES


@EVERY_PLUGIN
def test_schemas_are_valid_json_schema(plugin: Plugin) -> None:
    for schema in (plugin.manifest.input_schema, plugin.manifest.output_schema):
        Draft202012Validator.check_schema(schema)
        assert json.loads(json.dumps(schema)) == schema
        assert schema["type"] == "object"


@EVERY_PLUGIN
def test_every_property_is_described(plugin: Plugin) -> None:
    schema = plugin.manifest.input_schema

    assert schema["additionalProperties"] is False
    assert all(each["description"].endswith(".") for each in schema["properties"].values())
    assert set(schema["required"]) <= set(schema["properties"])


def test_categories_count_what_can_be_run() -> None:
    by_id = {category.id: category for category in categories()}

    assert list(by_id) == sorted(CATEGORY_NAMES)
    assert by_id["core"].name == "Core"
    assert sum(each.count for each in by_id.values()) == len(available_plugins())


@pytest.mark.parametrize(
    ("written", "meant"),
    [("util.lgo", "util.log"), ("log", "util.log"), ("flow.for_each", "flow.foreach")],
)
def test_a_misspelt_id_gets_suggestions(written: str, meant: str) -> None:
    assert meant in suggestions(written)


@pytest.mark.parametrize("written", ["", "zzzzzzzz", "x" * 100_000])
def test_nonsense_gets_none(written: str) -> None:
    assert suggestions(written) == ()
