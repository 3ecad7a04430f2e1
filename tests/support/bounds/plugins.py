"""The law's cases of plugins, found in the registry: each property that a pure one takes."""

import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from shared.plugins.registry import all_plugins, find
from tests.support.bounds.values import HEAVY, LISTS, made
from tests.support.plugins import run_plugin, task_context

_DEADLINE_SECONDS = 2.0
"""The time that an attempt has in the law, of the processor: it bounds a plugin."""
_OF_THE_NETWORK = "http.request"
_FITTING: Mapping[str, Any] = {
    "expression": "item",
    "condition": "true",
    "by": "item",
    "pattern": "a",
    "schema": {"type": "array"},
    "path": "k",
    "algorithm": "sha256",
}
_BY_TYPE: Mapping[str, Any] = {
    "string": "a",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "object": {"k": "a"},
}
_MANY = (*LISTS, "keys")


def _subjects() -> list[str]:
    return [
        each.manifest.id
        for each in all_plugins()
        if each.run is not None and each.manifest.id != _OF_THE_NETWORK
    ]


@cache
def _schema(subject: str) -> Mapping[str, Any]:
    plugin = find(subject)
    assert plugin is not None
    return plugin.manifest.input_schema


def _parameters(subject: str) -> list[str]:
    return list(_schema(subject).get("properties", {})) or ["any"]


def _operations(subject: str, tested: str) -> list[str]:
    """Return the property that chooses what is done, with each of its values, as `name=value`."""
    properties = _schema(subject).get("properties", {})
    for name in ("operation", "op", "algorithm"):
        if name in properties and name != tested:
            return [f"{name}={value}" for value in properties[name]["enum"]]
    return ["-"]


def _surroundings(subject: str, tested: str) -> Iterator[tuple[str, str]]:
    for operation in _operations(subject, tested):
        for wrapping in _wrappings(subject, tested):
            for items in ("few", "texts", "maps") if _has_items(subject, tested) else ("few",):
                yield from ((shape, f"{wrapping} {items} {operation}") for shape in HEAVY)
        yield from ((shape, f"bare few {operation}") for shape in _MANY)


def _wrappings(subject: str, tested: str) -> tuple[str, ...]:
    """Return how a heavy value may stand in a property: itself, in a list, in a map."""
    kind = _schema(subject).get("properties", {}).get(tested, {}).get("type", "any")
    known = {"array": ("bare", "listed"), "object": ("keyed",), "any": ("bare", "listed", "keyed")}
    return known.get(kind if isinstance(kind, str) else "any", ("bare",))


def _has_items(subject: str, tested: str) -> bool:
    """Tell whether lists may stand beside the tested property."""
    schema = _schema(subject)
    return any(
        schema["properties"][name].get("type", "array") == "array"
        for name in schema.get("required", ())
        if name != tested
    )


def _run(subject: str, tested: str, shape: str, frame: str) -> Any:
    wrapping, items, operation = frame.split(" ", 2)
    heavy = made("heavy" if shape in HEAVY else "many", shape)
    given = _properties(subject, tested, items, operation)
    given[tested] = _wrapped(heavy, wrapping)
    end = time.process_time() + _DEADLINE_SECONDS
    context = task_context(remaining=lambda: end - time.process_time())
    return run_plugin(subject, given, context)


def _wrapped(heavy: Any, wrapping: str) -> Any:
    if wrapping == "listed":
        return [heavy]
    if wrapping == "keyed":
        return {heavy: "a"} if isinstance(heavy, str) else {"k": heavy}
    return heavy


def _properties(subject: str, tested: str, items: str, operation: str) -> dict[str, Any]:
    """Return what a plugin requires beside the tested property, lists of many items among it."""
    schema = _schema(subject)
    name, _, value = operation.partition("=")
    chosen = {name: value} if value else {}
    needed = {*schema.get("required", ()), *_needs(schema, chosen)} - {tested, name}
    return {**chosen, **{each: _fitting(schema, each, items) for each in sorted(needed)}}


def _needs(schema: Mapping[str, Any], chosen: Mapping[str, str]) -> Iterator[str]:
    for rule in schema.get("allOf", ()):
        for name, wanted in rule.get("if", {}).get("properties", {}).items():
            if chosen.get(name) == wanted.get("const"):
                yield from rule["then"].get("required", ())


def _fitting(schema: Mapping[str, Any], name: str, items: str) -> Any:
    """Return a value that the property takes; a list, or what may be anything, has many items."""
    described = schema["properties"][name]
    if name in _FITTING:
        return _FITTING[name]
    if "enum" in described:
        return described["enum"][0]
    kind = described.get("type", "array")
    kind = kind if isinstance(kind, str) else kind[0]
    if kind == "array":
        return [{"k": "a"}] if items == "few" else made("many", items)
    return _BY_TYPE[kind]


TABLE = (_subjects, _parameters, _surroundings, _run)
