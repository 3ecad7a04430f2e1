"""Laws of values: equal JSON gives equal results, and a number has one text wherever it is shown.

Equal are values that differ in the order of fields, or in 1 and 1.0.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.expressions import Scope, TemplateError, parse_template
from shared.expressions.filters import FILTERS
from shared.flows.language.coercion import coerce
from shared.flows.language.definition import InputDefinition, InputType
from shared.json_text import identity, key_text, number_text
from shared.plugins.http.call import call_of
from shared.plugins.registry import all_plugins
from shared.plugins.sdk.plugin import PluginError
from tests.support.plugins import run_plugin

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NUMBERS = st.integers(-9, 9) | st.sampled_from([0.5, -2.5, 1000, 10**6])
TEXTS = st.sampled_from(["", "a", "B", "1", "1.0", "true", "a b"])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
NAMES = st.sampled_from(["k", "a", "b", "a.b"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
)
ROWS = st.lists(
    st.fixed_dictionaries({"k": VALUES, "n": NUMBERS}, optional={"m": VALUES}),
    min_size=1,
    max_size=6,
)

COLLECTIONS: Mapping[str, list[dict[str, Any]]] = {
    "flow.map": [{"expression": "item.k"}, {"expression": {"x": "item.n", "y": 1}}],
    "flow.reduce": [{"expression": "acc + item.n", "initial": 1}],
    "flow.group": [{"by": "k"}, {"by": "item.m"}, {"by": "item"}, {"by": "item.n * 2"}],
    "flow.unique": [{}, {"by": "k"}, {"by": "item"}, {"by": "index"}, {"by": "[item.k, item.n]"}],
    "flow.flatten": [{"depth": 2}],
    "flow.lookup": [{"table": "items", "itemKey": "k", "tableKey": "k", "missing": "drop"}],
    "flow.merge": [
        {"mode": "byKey", "key": "k"},
        {"mode": "byKey", "key": "n"},
        {"mode": "append"},
    ],
    "flow.split": [{"size": 2}],
    "flow.limit": [{"limit": 2, "offset": 1}],
    "transform.filter": [{"condition": "item.k == item.n"}, {"condition": "item.n > 0"}],
    "transform.sort": [{"by": "k"}, {"by": "n", "order": "desc"}, {"by": "n", "numeric": True}],
    "transform.pick": [{"keep": ["k"], "rename": {"k": "x"}}],
    "util.random": [{"kind": "choice"}],
}
OF_LISTS_BY = {"flow.merge": "sources", "transform.pick": "data"}
"""The property that takes the list, where it is not `items`."""

COMPARING: Mapping[str, list[str]] = {
    "unique": ["unique", "unique(true)", "unique(attribute='k')"],
    "groupby": ["groupby('n')", "groupby('k')", "groupby('m', default=0)"],
    "where": ["where('k', 1)", "where('k', y)", "where('m', true)"],
    "selectattr": ["selectattr('k', 'eq', y)", "selectattr('m')", "selectattr('n', 'integer')"],
    "rejectattr": ["rejectattr('k', 'eq', y)", "rejectattr('n', 'in', [1, 2])"],
    "sort": ["sort(attribute='n')", "sort(attribute='k')", "sort(attribute='n,k')"],
    "min": ["min(attribute='n')", "min(attribute='k')"],
    "max": ["max(attribute='n')", "max(attribute='k')"],
    "map": ["map('k')", "map(attribute='m', default=y)", "map('n') | map('round', 1)"],
    "select": ["map('k') | select('eq', y)", "map('n') | select('sameas', 1)"],
    "reject": ["map('k') | reject('in', [1, y])"],
    "contains": ["map('k') | list | contains(y)"],
    "sum": ["sum('n')"],
    "batch": ["batch(n, y)"],
    "slice": ["slice(n, n + 2)"],
    "flatten": ["map('k') | list | flatten", "map('k') | list | flatten(1)"],
    "first": ["first"],
    "last": ["last"],
    "random": ["random"],
    "reverse": ["reverse"],
    "length": ["length"],
    "count": ["count"],
    "default": ["default(y)"],
    "d": ["d(y)"],
    "bool": ["bool"],
}
"""Filters to which the order of a map's fields is nothing."""
IN_ORDER: Mapping[str, list[str]] = {
    **{name: [name] for name in ("items", "keys", "values", "list", "dictsort", "xmlattr")},
    **{name: [name] for name in ("json", "tojson", "pprint", "yaml", "fromjson", "string")},
    **{name: [name] for name in ("md5", "sha1", "sha256", "sha512", "base64encode", "urlencode")},
    **{name: [name] for name in ("upper", "lower", "capitalize", "title", "trim", "wordcount")},
    **{name: [name] for name in ("e", "escape", "forceescape", "safe", "striptags", "slugify")},
    **{name: [name] for name in ("abs", "filesizeformat", "urldecode", "base64decode")},
    "int": ["int", "int(7)", "int(7, 10)"],
    "float": ["float", "float(7)"],
    "round": ["round", "round(n)", "round(1, 'floor')"],
    "join": ["join('-')", "join(n)"],
    "replace": ["replace('1', n)", "replace(n, 'x', 1)"],
    "split": ["split('1')", "split(',', n)"],
    "center": ["center(n * 5)"],
    "wordwrap": ["wordwrap(n + 5)"],
    "indent": ["indent(n + 2)"],
    "truncate": ["truncate(n + 9)", "truncate(9, leeway=n)"],
    "format": ["format(1)", "format(n)"],
    "startswith": ["startswith(n)"],
    "endswith": ["endswith(n)"],
    "date": ["date('%Y-%m-%d')"],
    "dateadd": ["dateadd(n, 'days')", "dateadd(n, 'months')"],
}
"""Filters that write a value, or list its parts: in the order of its fields."""


def other(value: Any, *, reorders: bool) -> Any:
    """An equal value: whole numbers of the other type, fields the other way round."""
    if isinstance(value, list):
        return [other(item, reorders=reorders) for item in value]
    if isinstance(value, dict):
        pairs = list(value.items())[:: -1 if reorders else 1]
        return {name: other(item, reorders=reorders) for name, item in pairs}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return float(value) if isinstance(value, int) else int(value) if value % 1 == 0 else value


def rendered(source: str, **roots: Any) -> str:
    try:
        value = parse_template("{{ " + source + " }}").render(Scope(roots, "seed", NOW), "p")
    except TemplateError as error:
        return error.reason.unmasked()
    return identity(value)


def ran(plugin: str, properties: Mapping[str, Any]) -> str:
    try:
        return identity(run_plugin(plugin, properties))
    except (PluginError, TemplateError) as error:
        return error.message.unmasked()


def properties_of(plugin: str, more: Mapping[str, Any], rows: list[Any]) -> dict[str, Any]:
    given = {name: rows if value == "items" else value for name, value in more.items()}
    name = OF_LISTS_BY.get(plugin, "items")
    in_parts = [rows, rows] if name == "sources" else rows
    return {**given, name: in_parts}


@given(ROWS)
def test_collection_plugins_give_equal_results_for_equal_items(rows: list[Any]) -> None:
    for plugin, cases in COLLECTIONS.items():
        for more in cases:
            outcomes = {
                ran(plugin, properties_of(plugin, more, each))
                for each in (rows, other(rows, reorders=True))
            }
            assert len(outcomes) == 1, (plugin, more)


@given(ROWS, ROWS)
def test_a_table_of_equal_keys_is_looked_up_in_equally(items: list[Any], table: list[Any]) -> None:
    more = {"itemKey": "k", "tableKey": "k"}

    results = [
        ran("flow.lookup", {"items": items, "table": each, **more})
        for each in (table, other(table, reorders=True))
    ]

    assert results[0] == results[1]


@given(ROWS, VALUES, st.integers(0, 3))
def test_filters_that_compare_give_equal_results(rows: list[Any], y: Any, n: int) -> None:
    for source in (each for sources in COMPARING.values() for each in sources):
        changed = other({"x": rows, "y": y, "n": n}, reorders=True)
        assert rendered(f"x | {source}", x=rows, y=y, n=n) == rendered(f"x | {source}", **changed)


@given(VALUES, st.integers(0, 3))
def test_filters_that_write_give_equal_results_for_equal_numbers(x: Any, n: int) -> None:
    for source in (each for sources in IN_ORDER.values() for each in sources):
        changed = other({"x": x, "n": n}, reorders=False)
        assert rendered(f"x | {source}", x=x, n=n) == rendered(f"x | {source}", **changed)


@given(VALUES, VALUES)
def test_comparisons_agree_on_what_is_equal(a: Any, b: Any) -> None:
    for right in (b, other(a, reorders=True)):
        is_equal = identity(a) == identity(right)
        assert run_plugin("util.compare", {"a": a, "op": "eq", "b": right})["result"] is is_equal
        assert rendered("a == b", a=a, b=right) == str(is_equal).lower()
        assert rendered("a in [b]", a=a, b=right) == str(is_equal).lower()
        assert rendered("[a, b] | unique(true) | length", a=a, b=right) == str(2 - is_equal)


def test_the_laws_know_every_collection_and_filter() -> None:
    collections = {
        each.manifest.id
        for each in all_plugins()
        if each.run and "items" in each.manifest.input_schema["properties"]
    }

    assert set(COLLECTIONS) == collections | set(OF_LISTS_BY)
    assert {*COMPARING, *IN_ORDER} == set(FILTERS)


ANY_NUMBER = (
    st.integers()
    | st.integers(-(2**900), 2**900)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(10**15), 10**15).map(float)
)


@given(ANY_NUMBER)
def test_a_number_has_one_text_in_every_expression(number: float) -> None:
    written = number_text(number)

    for source in (
        "x ~ ''",
        "x | string",
        "[x] | join",
        "'%s' | format(x)",
        "x | json",
        "x | trim",
    ):
        assert rendered(source, x=number) == identity(written), source
    template = parse_template("|{{ x }}|{{ [x] }}")
    assert template.render(Scope({"x": number}, "", NOW), "p") == f"|{written}|[{written}]"
    assert rendered("x | md5", x=number) == identity(hashlib.md5(written.encode()).hexdigest())  # noqa: S324
    if "e" not in written:
        assert rendered("x | yaml", x=number) == identity(written)
    if isinstance(number, int) or abs(number) < 1e16:
        assert key_text(number) == written


@given(ANY_NUMBER)
def test_a_number_has_one_text_in_every_property(number: float) -> None:
    written = number_text(number)
    quoted = quote_plus(written)
    call = call_of({"url": "https://a", "query": {"n": [number]}, "headers": {"n": number}}, "")
    sent = call_of({"url": "https://a", "method": "POST", "form": {"n": number}}, "")

    assert call.url == f"https://a?n={quoted}"
    assert (b"n", written.encode()) in call.headers
    assert sent.content == f"n={quoted}".encode()
    assert call_of({"url": "https://a", "body": [number]}, "").content == f"[{written}]".encode()
    assert run_plugin("util.log", {"message": number})["message"] == written
    declared = InputDefinition(name="n", type=InputType.STRING)
    assert coerce(declared, number) == written


@pytest.mark.parametrize(
    ("plugin", "properties", "output", "around"),
    [
        ("transform.csv", {"operation": "stringify", "data": [["N"]]}, "text", "{}\r\n"),
        ("util.string", {"operation": "trim", "value": "N"}, "result", "{}"),
        ("util.string", {"operation": "join", "value": ["N", ["N"]]}, "result", "{0},[{0}]"),
        ("util.json", {"operation": "stringify", "data": {"a": "N"}}, "result", '{{"a":{}}}'),
        ("util.url", {"operation": "build", "parts": {"query": {"n": "N"}}}, "result", "?n={}"),
    ],
)
@given(number=ANY_NUMBER)
def test_a_number_has_one_text_in_every_plugin(
    plugin: str, properties: dict[str, Any], output: str, around: str, number: float
) -> None:
    written = number_text(number)

    made = run_plugin(plugin, _put(properties, number))[output]

    assert made == around.format(quote_plus(written) if plugin == "util.url" else written)


@given(ANY_NUMBER)
def test_a_number_is_encoded_and_hashed_as_its_text(number: float) -> None:
    written = number_text(number).encode()
    encoded = run_plugin("transform.base64", {"operation": "encode", "data": number})["result"]
    hashed = run_plugin("transform.hash", {"algorithm": "sha256", "data": number})["result"]

    assert base64.b64decode(encoded) == written
    assert hashed == hashlib.sha256(written).hexdigest()


def _put(value: Any, number: float) -> Any:
    if isinstance(value, dict):
        return {name: _put(each, number) for name, each in value.items()}
    if isinstance(value, list):
        return [_put(each, number) for each in value]
    return number if value == "N" else value
