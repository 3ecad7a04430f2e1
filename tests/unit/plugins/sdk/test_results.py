"""List plugins: parameters are read once, each item is in time, all that is made is counted."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.expressions import Budget, Scope
from shared.plugins.sdk.items import keys_of
from shared.plugins.sdk.paths import read, steps_in
from shared.plugins.sdk.plugin import PluginError
from shared.plugins.sdk.results import Result
from shared.plugins.sdk.values import MAX_RESULT, all_merged
from tests.support.plugins import NOW, run_plugin, task_context

LONG_PATH = "0." * 60_000 + "0"
MANY_STEPS = ".".join(["a"] * 33)
LONG_NAME = "n" * 1_001
KEYED = [{"k": 1}, {"k": 2}]
LISTS: list[tuple[str, dict[str, Any]]] = [
    ("flow.flatten", {"items": [1, 2]}),
    ("flow.group", {"items": KEYED, "by": "k"}),
    ("flow.lookup", {"items": KEYED, "table": KEYED, "itemKey": "k", "tableKey": "k"}),
    ("flow.map", {"items": KEYED, "expression": {"a": 1}}),
    ("flow.map", {"items": KEYED, "expression": "item"}),
    ("flow.merge", {"sources": [KEYED]}),
    ("flow.merge", {"sources": [KEYED], "mode": "byKey", "key": "k"}),
    ("flow.merge", {"sources": [{}, {}], "mode": "deep"}),
    ("flow.reduce", {"items": KEYED, "expression": "item"}),
    ("flow.split", {"items": KEYED, "size": 1}),
    ("flow.unique", {"items": KEYED, "by": "k"}),
    ("flow.unique", {"items": KEYED}),
    ("transform.csv", {"operation": "parse", "data": "a,b\n1,2\n"}),
    ("transform.csv", {"operation": "stringify", "data": KEYED}),
    ("transform.filter", {"items": KEYED, "condition": "item.k"}),
    ("transform.pick", {"data": KEYED, "keep": ["k"]}),
    ("transform.sort", {"items": KEYED, "by": "k"}),
    ("transform.sort", {"items": [1, 2]}),
    ("util.math", {"operation": "sum", "values": [1, 2]}),
]


class CountedText(str):
    """A path that counts how often it is split."""

    __slots__ = ("times",)
    times: int

    def split(self, *arguments: Any, **named: Any) -> list[str]:
        self.times = getattr(self, "times", 0) + 1
        return super().split(*arguments, **named)


class CountedMap(dict[str, Any]):
    """A map that counts how often its fields are walked through."""

    walks = 0

    def items(self) -> Any:
        type(self).walks += 1
        return super().items()


@pytest.mark.parametrize(("plugin", "properties"), LISTS)
def test_every_list_plugin_looks_at_the_deadline(
    plugin: str, properties: Mapping[str, Any]
) -> None:
    with pytest.raises(PluginError) as late:
        run_plugin(plugin, properties, task_context(remaining=lambda: 0.0))

    assert late.value.code == "timeout"


@pytest.mark.parametrize(("plugin", "properties"), LISTS)
def test_every_item_is_in_time(plugin: str, properties: Mapping[str, Any]) -> None:
    looks = 0

    def remaining() -> float:
        nonlocal looks
        looks += 1
        return 1.0

    run_plugin(plugin, properties, task_context(remaining=remaining))
    largest = max(len(each) for each in properties.values() if isinstance(each, list | str))

    assert looks >= min(largest, 2) or "sources" in properties


@pytest.mark.parametrize("path", [LONG_PATH, MANY_STEPS])
@pytest.mark.parametrize(
    ("plugin", "properties", "name"),
    [
        ("flow.group", {"items": [{}]}, "by"),
        ("flow.unique", {"items": [{}]}, "by"),
        ("transform.sort", {"items": [{}]}, "by"),
        ("flow.lookup", {"items": [{}], "table": [{}], "tableKey": "k"}, "itemKey"),
        ("flow.lookup", {"items": [{}], "table": [{}], "itemKey": "k"}, "tableKey"),
        ("flow.merge", {"sources": [[{}]], "mode": "byKey"}, "key"),
        ("util.json", {"operation": "get", "data": {}}, "path"),
    ],
)
def test_long_paths_are_refused(
    plugin: str, properties: Mapping[str, Any], name: str, path: str
) -> None:
    with pytest.raises(PluginError) as refused:
        run_plugin(plugin, {**properties, name: path})

    assert refused.value.code in {"invalid_value", "invalid_properties"}


@pytest.mark.parametrize(
    ("plugin", "properties"),
    [
        (
            "flow.lookup",
            {"items": [], "table": [], "itemKey": "k", "tableKey": "k", "as": LONG_NAME},
        ),
        ("transform.pick", {"data": {}, "rename": {"a": LONG_NAME}}),
        ("transform.pick", {"data": {}, "keep": [LONG_NAME]}),
        ("transform.pick", {"data": {}, "drop": [LONG_NAME]}),
        ("transform.pick", {"data": {}, "keep": ["a"] * 1_001}),
        ("transform.pick", {"data": {}, "drop": ["a"] * 1_001}),
        ("transform.regex", {"operation": "match", "data": "", "pattern": LONG_NAME}),
        ("util.compare", {"op": "matches", "a": "", "b": LONG_NAME}),
        ("util.validate", {"data": "", "schema": {"pattern": LONG_NAME}}),
    ],
)
def test_long_names_and_patterns_are_refused(plugin: str, properties: Mapping[str, Any]) -> None:
    with pytest.raises(PluginError) as refused:
        run_plugin(plugin, properties)

    assert refused.value.code in {"invalid_value", "invalid_properties"}


def test_the_longest_paths_that_are_allowed_are_read() -> None:
    value: Any = 7
    for _ in range(32):
        value = {"a": value}

    assert read(value, steps_in(value, ".".join(["a"] * 32))) == 7
    assert run_plugin("flow.group", {"items": [value], "by": ".".join(["a"] * 32)})["keys"] == ["7"]


def test_a_path_is_split_once_for_all_items() -> None:
    path = CountedText("a.b")

    assert keys_of([{"a": {"b": n}} for n in range(100)], path, task_context()) == [*range(100)]
    assert path.times == 1


def test_the_choice_of_fields_is_made_ready_once() -> None:
    keep = _CountedList(["a", "b"])

    run_plugin("transform.pick", {"data": [{"a": 1}] * 100, "keep": keep})

    assert keep.walks <= 3  # the check of the schema, and one set


class _CountedList(list[str]):
    walks = 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return super().__iter__()


@pytest.mark.parametrize(
    ("plugin", "properties"),
    [
        (
            "flow.lookup",
            {
                "items": [{"k": 1}] * 12_000,
                "table": [{"k": 1}],
                "itemKey": "k",
                "tableKey": "k",
                "as": "n" * 1_000,
            },
        ),
        ("transform.pick", {"data": [{"a": 1}] * 12_000, "rename": {"a": "n" * 1_000}}),
        ("flow.map", {"items": [1] * 12_000, "expression": {"n" * 1_000: 1}}),
        ("flow.split", {"items": [0] * 1_400_000, "size": 1}),
        ("flow.merge", {"sources": [[0] * 1_000_000] * 11}),
        ("util.string", {"operation": "split", "value": "ж," * 1_000_001}),
        ("util.string", {"operation": "split", "value": "ж" * 1_000_001, "separator": ""}),
        ("transform.csv", {"operation": "parse", "data": "a," * 1_000_001, "header": False}),
        (
            "transform.regex",
            {"operation": "extract", "data": "a" * 5_000, "pattern": "()" * 400 + "a"},
        ),
        (
            "transform.regex",
            {
                "operation": "replace",
                "data": "a" * 5_000,
                "pattern": "()a",
                "replacement": r"\1" * 5_000,
            },
        ),
    ],
)
def test_all_that_is_added_is_counted(plugin: str, properties: Mapping[str, Any]) -> None:
    standing = Scope({}, "seed", NOW, None, Budget(clock=lambda: 0.0))
    with pytest.raises(PluginError) as refused:
        run_plugin(plugin, properties, replace(task_context(), scope=standing))

    assert refused.value.code == "too_large"


def test_a_result_ends_where_it_says() -> None:
    result = Result("the list")
    result.append("all of it", MAX_RESULT)

    with pytest.raises(PluginError, match="the list would be larger"):
        result.append("more")
    assert result.entries == ["all of it"]


def test_merging_many_maps_visits_each_once() -> None:
    CountedMap.walks = 0
    maps = [CountedMap({f"f{n}": CountedMap({"x": n})}) for n in range(500)]

    merged = all_merged([{}, *maps])

    assert len(merged) == 500
    assert CountedMap.walks == 500


def test_merging_by_key_leaves_the_items_as_they_were() -> None:
    first = {"k": 1, "a": 1}

    outputs = run_plugin(
        "flow.merge", {"sources": [[first, {"k": 1, "b": 2}]], "mode": "byKey", "key": "k"}
    )

    assert outputs == {"items": [{"k": 1, "a": 1, "b": 2}]}
    assert first == {"k": 1, "a": 1}


def test_merging_maps_leaves_the_sources_as_they_were() -> None:
    first, second = {"a": {"x": 1}}, {"a": {"y": 2}}

    outputs = run_plugin("flow.merge", {"sources": [first, second, {"a": 3}], "mode": "deep"})

    assert outputs == {"result": {"a": 3}}
    assert (first, second) == ({"a": {"x": 1}}, {"a": {"y": 2}})


def test_keys_that_nest_have_no_order() -> None:
    with pytest.raises(PluginError, match="a list inside a list"):
        run_plugin("transform.sort", {"items": [[1], [[2]]]})


def test_flattening_deeply_walks_through_each_list_once() -> None:
    deep: Any = [0]
    for _ in range(99):
        deep = [deep]
    looks = 0

    def remaining() -> float:
        nonlocal looks
        looks += 1
        return 1.0

    outputs = run_plugin(
        "flow.flatten",
        {"items": [*range(1_000), deep], "depth": 100},
        task_context(remaining=remaining),
    )

    assert outputs["count"] == 1_001
    assert looks < 1_200
