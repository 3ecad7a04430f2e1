"""Regular expressions, and the ones that would take for ever elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.expressions import Budget
from shared.plugins.sdk.plugin import PluginError, TaskContext
from tests.support.errors import refusal
from tests.support.plugins import run_plugin, task_context


def regex(operation: str, data: str, pattern: str, **more: Any) -> Any:
    return run_plugin(
        "transform.regex", {"operation": operation, "data": data, "pattern": pattern, **more}
    )


def test_match_tells_whether_and_what() -> None:
    found = regex("match", "order 12, order 7", r"order (?P<n>\d+)(!)?")

    assert found == {
        "matched": True,
        "matches": ["order 12"],
        "groups": {"1": "12", "2": None, "n": "12"},
        "result": "order 12",
    }


def test_match_of_nothing_is_no_failure() -> None:
    assert regex("match", "abc", "x") == {
        "matched": False,
        "matches": [],
        "groups": {},
        "result": None,
    }


def test_extract_gives_all_there_are() -> None:
    found = regex("extract", "é=1, b=2", r"(\w|é)=(\d)")

    assert found["matches"] == ["é=1", "b=2"]
    assert found["result"] == ["é", "b"]
    assert found["groups"] == [{"1": "é", "2": "1"}, {"1": "b", "2": "2"}]
    assert regex("extract", "a1b22", r"\d+")["result"] == ["1", "22"]
    assert regex("extract", "abc", r"\d") == {
        "matched": False,
        "matches": [],
        "groups": [],
        "result": [],
    }


@pytest.mark.parametrize(
    ("data", "pattern", "more", "result"),
    [
        ("a-b-c", "-", {"replacement": "+"}, "a+b+c"),
        ("a-b", "-", {}, "ab"),
        ("John Smith", r"(\w+) (\w+)", {"replacement": r"\2, \1"}, "Smith, John"),
        ("ab", "a|b", {"replacement": r"<\0>"}, "<a><b>"),
        ("ab", "a", {"replacement": r"\\1 \n\x $1"}, r"\1 \n\x $1b"),
        ("ab", "(x)?a", {"replacement": r"[\1]"}, "[]b"),
        ("é1é2", r"\d", {"replacement": "n"}, "énén"),
        ("abc", "x*", {"replacement": "-"}, "-a-b-c-"),
        ("a\nb", "^", {"replacement": "> ", "flags": "m"}, "> a\n> b"),
        ("a\nb", "A.B", {"replacement": "x", "flags": "is"}, "x"),
        ("a", "b", {"replacement": "c"}, "a"),
        ("a\\", "a", {"replacement": "b\\"}, "b\\\\"),
    ],
)
def test_replace(data: str, pattern: str, more: dict[str, Any], result: str) -> None:
    assert regex("replace", data, pattern, **more)["result"] == result


@pytest.mark.parametrize(
    ("data", "pattern", "result"),
    [
        ("a, b;c", r"[,;]\s*", ["a", "b", "c"]),
        ("abc", ",", ["abc"]),
        (",a,", ",", ["", "a", ""]),
        ("abc", "x*", ["abc"]),
        ("", ",", [""]),
    ],
)
def test_split(data: str, pattern: str, result: list[str]) -> None:
    assert regex("split", data, pattern)["result"] == result


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$", "(a*)*b"])
def test_a_pattern_that_explodes_elsewhere_takes_linear_time(pattern: str) -> None:
    assert regex("match", "a" * 50_000 + "!", pattern)["matched"] is False


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"operation": "match", "data": "a", "pattern": "("}, "invalid_value"),
        ({"operation": "match", "data": "a", "pattern": "(?=a)"}, "invalid_value"),
        ({"operation": "match", "data": "a", "pattern": r"(a)\1"}, "invalid_value"),
        ({"operation": "match", "data": "\ud800", "pattern": "a"}, "invalid_value"),
        ({"operation": "match", "data": "a", "pattern": ""}, "invalid_properties"),
        ({"operation": "match", "data": 5, "pattern": "a"}, "invalid_properties"),
        ({"operation": "match", "data": "a", "pattern": "a", "flags": "g"}, "invalid_properties"),
        (
            {"operation": "replace", "data": "a", "pattern": "a", "replacement": r"\1"},
            "invalid_value",
        ),
        (
            {
                "operation": "replace",
                "data": "a" * 200,
                "pattern": "a",
                "replacement": "b" * 100_000,
            },
            "too_large",
        ),
        (
            {
                "operation": "replace",
                "data": "a" * 100_000,
                "pattern": "(a+)",
                "replacement": r"\1" * 100_000,
            },
            "too_large",
        ),
        ({"operation": "extract", "data": "a" * 50_001, "pattern": "a"}, "too_large"),
        (
            {"operation": "match", "data": "a" * 200_000, "pattern": "(" * 60 + "a*" + ")" * 60},
            "too_large",
        ),
    ],
)
def test_bad_patterns_and_exploding_results_are_refused(
    properties: dict[str, Any], code: str
) -> None:
    with pytest.raises(PluginError) as refused:
        run_plugin("transform.regex", properties, timed(lambda: 0.0))

    assert refused.value.code == code


def timed(clock: Callable[[], float]) -> TaskContext:
    context = task_context()
    return replace(context, scope=replace(context.scope, budget=Budget(clock=clock)))


def test_matches_that_each_look_to_the_end_are_stopped_by_the_clock() -> None:
    seconds = iter(range(100))
    properties = {"operation": "extract", "data": "a" * 1_000, "pattern": "a(?:.*c)?"}

    with refusal(PluginError, match="takes too long") as late:
        run_plugin("transform.regex", properties, timed(lambda: float(next(seconds))))

    assert late.value.code == "timeout"


def test_half_a_surrogate_pair_in_a_pattern_is_refused() -> None:
    with refusal(PluginError, match="surrogate pair"):
        regex("match", "a", "\ud800")
