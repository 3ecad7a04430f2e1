"""Reading and writing comma-separated values."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from tests.support.errors import refusal
from tests.support.plugins import run_plugin


def parse(data: Any, **more: Any) -> Any:
    return run_plugin("transform.csv", {"operation": "parse", "data": data, **more})


def write(data: Any, **more: Any) -> Any:
    return run_plugin("transform.csv", {"operation": "stringify", "data": data, **more})["text"]


@pytest.mark.parametrize(
    ("text", "more", "rows"),
    [
        ("a,b\r\n1,2\r\n", {}, [{"a": "1", "b": "2"}]),
        ("a,b\n1,2\n", {}, [{"a": "1", "b": "2"}]),
        ("a,b\n1,2", {}, [{"a": "1", "b": "2"}]),
        ("\ufeffa\n1", {}, [{"a": "1"}]),
        ('a\n"x ""y"", z\r\nw"', {}, [{"a": 'x "y", z\r\nw'}]),
        ("a,b\n1\n\n2,3", {}, [{"a": "1", "b": ""}, {"a": "2", "b": "3"}]),
        ("a;b\n1;2", {"delimiter": ";"}, [{"a": "1", "b": "2"}]),
        ("a\tb\n1\t2", {"delimiter": "\\t"}, [{"a": "1", "b": "2"}]),
        ("a\n'1,2'", {"quote": "'"}, [{"a": "1,2"}]),
        ("1,2\n3", {"header": False}, [["1", "2"], ["3"]]),
        ("a,b", {}, []),
        ("", {}, []),
        ("a\n" + "x" * 200_000, {}, [{"a": "x" * 200_000}]),
    ],
)
def test_parse(text: str, more: dict[str, Any], rows: Any) -> None:
    assert parse(text, **more) == {"rows": rows, "count": len(rows)}


@pytest.mark.parametrize(
    ("data", "more", "text"),
    [
        ([{"n": "Di", "age": 40}], {}, "n,age\r\nDi,40\r\n"),
        ([{"a": 1}, {"b": 2, "a": 3}], {}, "a,b\r\n1,\r\n3,2\r\n"),
        ([{"a": 'x "y"', "b": "1,2", "c": "l\nm"}], {}, 'a,b,c\r\n"x ""y""","1,2","l\nm"\r\n'),
        ([{"a": None, "b": True, "c": [1, "é"]}], {}, 'a,b,c\r\n,true,"[1,""é""]"\r\n'),
        ([{"a": 1}], {"header": False}, "1\r\n"),
        ([[5.0, 0.5, [1.0]]], {}, "5,0.5,[1]\r\n"),
        ([["a", 1], ["b"]], {}, "a,1\r\nb\r\n"),
        ([{"a": ""}], {}, 'a\r\n""\r\n'),
        ([{}], {}, "\r\n"),
        ([], {}, ""),
        ([{"a": "1;2", "b": 3}], {"delimiter": ";", "quote": "'"}, "a;b\r\n'1;2';3\r\n"),
    ],
)
def test_stringify(data: Any, more: dict[str, Any], text: str) -> None:
    assert write(data, **more) == text


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"operation": "parse", "data": [1]}, "data must be text"),
        ({"operation": "parse", "data": 'a\n"b'}, "data is no CSV: line 2"),
        ({"operation": "parse", "data": 'a\n"b"c'}, "data is no CSV: line 2"),
        ({"operation": "parse", "data": "a\n1,2"}, "row 1 has 2 fields, the header has 1"),
        ({"operation": "parse", "data": "a,a\n1,2"}, 'column "a" appears more than once'),
        ({"operation": "parse", "data": "a", "delimiter": "ab"}, "delimiter must be one"),
        ({"operation": "parse", "data": "a", "delimiter": "\n"}, "delimiter must be one"),
        ({"operation": "parse", "data": "a", "quote": ""}, "quote must be one"),
        ({"operation": "parse", "data": "a", "quote": ","}, "must differ"),
        ({"operation": "stringify", "data": "a"}, "data must be a list"),
        ({"operation": "stringify", "data": [{}, []]}, "either only maps or only lists"),
        ({"operation": "stringify", "data": [1]}, "either only maps or only lists"),
        ({"operation": "read", "data": "a"}, "operation must be one of parse, stringify"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(properties: dict[str, Any], message: str) -> None:
    with refusal(PluginError, match=message):
        run_plugin("transform.csv", properties)


@pytest.mark.parametrize(
    "properties",
    [
        {"operation": "stringify", "data": [{f"k{n}": 1} for n in range(2_000)]},
        {"operation": "stringify", "data": [["x" * 100_000]] * 200},
        {
            "operation": "parse",
            "data": ",".join(f"k{n}" for n in range(2_000)) + "\nx" * 2_000,
        },
    ],
)
def test_a_small_input_cannot_become_a_huge_table(properties: dict[str, Any]) -> None:
    with pytest.raises(PluginError) as refused:
        run_plugin("transform.csv", properties)

    assert refused.value.code == "too_large"
