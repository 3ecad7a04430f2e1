"""Laws of the plugins that work on values, over whatever JSON there is."""

import base64
import csv
import functools
import gzip
import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.plugins.http.codings import unpacked
from shared.plugins.http.response import body_of
from shared.plugins.sdk.values import identity, parse_json
from tests.support.plugins import run_plugin

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=8)
HEADERS = st.lists(CELLS, min_size=1, max_size=4, unique=True)


@given(
    header=HEADERS,
    rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=5),
    delimiter=st.sampled_from(",;|\t"),
    quote=st.sampled_from("\"'"),
)
def test_parsing_what_was_written_gives_the_same_rows(
    header: list[str], rows: list[list[str]], delimiter: str, quote: str
) -> None:
    data = [dict(zip(header, row, strict=False)) for row in rows]
    dialect = {"delimiter": delimiter, "quote": quote}

    written = run_plugin("transform.csv", {"operation": "stringify", "data": data, **dialect})[
        "text"
    ]
    parsed = run_plugin("transform.csv", {"operation": "parse", "data": written, **dialect})

    assert parsed == {"rows": data, "count": len(data)}
    assert written.endswith("\r\n")


@given(st.text(max_size=60))
def test_parsing_any_text_gives_rows_of_text_or_a_clear_refusal(data: str) -> None:
    properties = {"operation": "parse", "data": data, "header": False}
    try:
        expected = list(
            csv.reader(io.StringIO(data.removeprefix("\ufeff"), newline=""), strict=True)
        )
    except csv.Error:
        return

    assert run_plugin("transform.csv", properties)["rows"] == [row for row in expected if row]


@given(st.lists(st.tuples(NUMBERS, st.integers()), max_size=12), st.sampled_from(["asc", "desc"]))
def test_sorting_is_stable_and_agrees_with_python(pairs: list[tuple[Any, int]], order: str) -> None:
    items = [{"key": key, "n": n} for key, n in pairs]

    outputs = run_plugin("transform.sort", {"items": items, "by": "key", "order": order})

    assert outputs["items"] == sorted(items, key=lambda item: item["key"], reverse=order == "desc")


@given(st.lists(st.fixed_dictionaries({"key": VALUES, "n": st.integers()}), max_size=12))
def test_groups_are_a_partition_in_order(items: list[dict[str, Any]]) -> None:
    outputs = run_plugin("flow.group", {"items": items, "by": "key"})

    groups = outputs["groups"]
    assert list(groups) == outputs["keys"]
    assert sorted(map(identity, items)) == sorted(
        identity(item) for group in groups.values() for item in group
    )
    positions = {id(item): index for index, item in enumerate(items)}
    for group in groups.values():
        assert [positions[id(item)] for item in group] == sorted(positions[id(i)] for i in group)


@given(st.lists(VALUES, max_size=12))
def test_unique_keeps_one_of_each_and_is_idempotent(items: list[Any]) -> None:
    once = run_plugin("flow.unique", {"items": items})
    twice = run_plugin("flow.unique", {"items": once["items"]})

    assert len({identity(item) for item in items}) == once["count"]
    assert once["count"] + once["removed"] == len(items)
    assert twice == {"items": once["items"], "count": once["count"], "removed": 0}


@given(st.lists(st.integers(-1000, 1000), max_size=12), st.integers(-1000, 1000))
def test_reduce_is_a_left_fold(items: list[int], initial: int) -> None:
    outputs = run_plugin(
        "flow.reduce", {"items": items, "expression": "acc * 2 - item", "initial": initial}
    )

    assert outputs["result"] == functools.reduce(lambda acc, item: acc * 2 - item, items, initial)


@given(st.lists(st.integers(), max_size=12))
def test_filter_and_its_opposite_split_a_list(items: list[int]) -> None:
    kept = run_plugin("transform.filter", {"items": items, "condition": "item > 0"})
    rest = run_plugin("transform.filter", {"items": items, "condition": "not (item > 0)"})

    assert sorted(kept["items"] + rest["items"]) == sorted(items)
    assert kept["count"] + rest["count"] == len(items)


@given(VALUES, VALUES)
def test_equality_is_that_of_json(a: Any, b: Any) -> None:
    equal = run_plugin("util.compare", {"a": a, "op": "eq", "b": b})["result"]

    assert run_plugin("util.compare", {"a": a, "op": "ne", "b": b})["result"] is not equal
    assert run_plugin("util.compare", {"a": a, "op": "eq", "b": a})["result"] is True
    if not equal and json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True):
        raise AssertionError


@given(TEXTS, st.integers(0, 30))
def test_padding_never_shortens_and_keeps_the_text(value: str, width: int) -> None:
    for side in ("left", "right", "both"):
        padded = run_plugin(
            "util.string", {"operation": "pad", "value": value, "width": width, "side": side}
        )["result"]
        assert len(padded) == max(width, len(value))
        assert value in padded


@given(TEXTS, st.text("ab,", min_size=1, max_size=2))
def test_joining_what_was_split_gives_the_text(value: str, separator: str) -> None:
    properties = {"operation": "split", "value": value, "separator": separator}
    parts = run_plugin("util.string", properties)["result"]

    joined = run_plugin(
        "util.string", {"operation": "join", "value": parts, "separator": separator}
    )

    assert joined == {"result": value}


@given(VALUES)
def test_strict_json_reads_what_json_writes(value: Any) -> None:
    assert identity(parse_json(json.dumps(value))) == identity(value)


@given(st.binary(max_size=60), st.text(max_size=30) | st.none())
def test_any_answer_has_a_body_that_is_json(content: bytes, content_type: str | None) -> None:
    body, encoding = body_of(content, content_type)

    json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    if encoding == "base64":
        assert base64.b64decode(body) == content


@given(
    members=st.lists(st.binary(max_size=50), min_size=1, max_size=4),
    zeros=st.integers(0, 3),
    after=st.binary(max_size=8).filter(lambda rest: not rest.lstrip(b"\0").startswith(b"\x1f\x8b")),
    size=st.integers(1, 60),
)
def test_members_of_gzip_are_one_content_whatever_follows_them(
    members: list[bytes], zeros: int, after: bytes, size: int
) -> None:
    packed = bytes(zeros).join(map(gzip.compress, members)) + after
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]

    assert unpacked(pieces, "gzip") == b"".join(members)


@given(VALUES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"]))
def test_json_reads_the_same_in_every_charset(value: Any, encoding: str) -> None:
    content = json.dumps(value, ensure_ascii=False).encode(encoding)

    charset = encoding.removesuffix("-sig").replace("-le", "le")
    assert body_of(content, f"application/json; charset={charset}") == (value, "json")
