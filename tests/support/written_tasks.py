"""A task for every templated property of every task type, with one text in the place of each."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.plugins.registry import available_plugins
from shared.plugins.sdk.plugin import Plugin

TEXT, BARE = "{{ vars.text }}", "vars.text"
"""As a template, and as an expression that stands alone."""
INSIDE: list[dict[str, Any]] = [{"type": "util.log", "properties": {"message": TEXT}}]
LISTS: dict[str, Mapping[str, Any]] = {
    "flow.foreach": {"tasks": INSIDE},
    "flow.loop": {"tasks": INSIDE},
    "flow.if": {"then": INSIDE},
    "flow.parallel": {"tasks": INSIDE},
    "flow.switch": {"cases": {"x": INSIDE}, "default": INSIDE},
}
SAMPLES: dict[str, Any] = {
    "array": [],
    "boolean": True,
    "integer": 1,
    "number": 1,
    "object": {},
    "string": "x",
}
NAMED = {
    "name": "child",
    "namespace": "default",
    "sources": [[], []],
    "url": "http://127.0.0.1:9/",
}
"""Samples of properties whose values have to be something."""
Task = dict[str, Any]
Schema = Mapping[str, Any]


def tasks_of_all_types() -> Iterator[Task]:
    """Yield the tasks: each has `TEXT` in one property, and is valid but for that."""
    for plugin in available_plugins():
        for properties in _written(plugin):
            lists = LISTS.get(plugin.manifest.id, {})
            yield {"type": plugin.manifest.id, "properties": properties, **lists}


def named(tasks: list[Task], numbers: Iterator[int]) -> list[Task]:
    """Give every task a name, and those inside of it."""
    return [{**_named_inside(task, numbers), "name": f"t{next(numbers)}"} for task in tasks]


def _named_inside(task: Task, numbers: Iterator[int]) -> Task:
    lists: Task = {
        key: named(task[key], numbers) for key in ("tasks", "then", "default") if key in task
    }
    cases = {case: named(tasks, numbers) for case, tasks in task.get("cases", {}).items()}
    return {**task, **lists, **({"cases": cases} if cases else {})}


def _written(plugin: Plugin) -> Iterator[dict[str, Any]]:
    schema = plugin.manifest.input_schema
    for name, each in schema["properties"].items():
        for value in _holding_text(each):
            yield {**_least(schema, name), name: value}


def _least(schema: Schema, name: str = "") -> dict[str, Any]:
    """What has to be given beside a property."""
    ways = [way["required"] for way in schema.get("anyOf", schema.get("oneOf", []))]
    way = next((names for names in ways if name in names), ways[0] if ways else [])
    samples = {each: _sample(each, found) for each, found in schema["properties"].items()}
    least = {each: samples[each] for each in (*schema.get("required", []), *way)}
    rules = schema.get("allOf", [])
    for rule in rules:
        if name in rule["then"]["required"]:
            least |= {each: is_["const"] for each, is_ in rule["if"]["properties"].items()}
            break
    for rule in rules:
        if all(least.get(each) == is_["const"] for each, is_ in rule["if"]["properties"].items()):
            least |= {each: samples[each] for each in rule["then"]["required"]}
    return least


def _sample(name: str, schema: Schema) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("x-duration"):
        return "1s"
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "object":
        return _least(schema) if "properties" in schema else {}
    return NAMED.get(name, SAMPLES[kind])


def _holding_text(schema: Schema) -> Iterator[Any]:
    """Yield values with the text in them: as a whole, and inside of lists and maps."""
    yield BARE if schema.get("x-deferred") else TEXT
    kinds = schema.get("type", [])
    if "array" in kinds:
        yield from ([each] for each in _holding_text(schema.get("items", {})))
    if "object" in kinds:
        for name, inner in schema.get("properties", {}).items():
            yield from ({**_least(schema), name: each} for each in _holding_text(inner))
        if schema.get("additionalProperties", True):
            yield {"k": TEXT}
