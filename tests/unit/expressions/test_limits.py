"""Bombs fail their own evaluation, quickly and small."""

import contextlib
import itertools
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.expressions import (
    Budget,
    Scope,
    TemplateError,
    TemplateSyntaxError,
    parse_expression,
    parse_template,
    render_tree,
)
from tests.support.errors import refusal
from tests.support.steps import Clock, counted_steps, steps_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MIB = 1024 * 1024
FEW_STEPS = 600_000
"""Calls that even a slow function has done in a second; they may pass between two looks."""
TOO_LARGE = "the result is larger than 1 MiB"


def scope(clock: Any = lambda: 0.0, **roots: Any) -> Scope:
    return Scope(roots, "s", NOW, budget=Budget(clock=clock))


def failure(expression: str, **roots: Any) -> str:
    with pytest.raises(TemplateError) as caught:
        parse_template("{{ " + expression + " }}").render(scope(**roots), "p")
    return caught.value.reason.unmasked()


@pytest.mark.parametrize(
    "expression",
    [
        "'a' * 10**9",
        "10**9 * 'a'",
        "[1] * 10**9",
        "[[[[0] * 1000] * 1000] * 1000] * 1000",
        "range(10**9)",
        "range(0, -(10**12), -1)",
        "range(200000) + range(200000)",
        "'ab' * 300000 + 'ab' * 300000",
        "'ab' * 300000 ~ 'ab' * 300000",
        "'a' | center(10**9)",
        "'a' | indent(10**9)",
        "('\\n' * 100000) | indent(100, blank=true)",
        "('a' * 100000) | replace('a', 'b' * 100)",
        "'' | replace('', 'a' * 10**6 * 2)",
        "range(1000) | join('a' * 10000)",
        "(['a' * 1000] * 1000) | join('b' * 100)",
        "('%s' * 100) % (['a' * 20000] * 100)",
        "('%2000d' * 1000) % range(1000)",
        "range(1000) | map('string') | map('center', 10000)",
        "[1] | batch(10**9, 0)",
        "[1] | batch(10**6, 0)",
        "([['a'] * 1000] * 200) | json(16)",
        "([[['a'] * 100] * 100] * 10) | flatten | join('b' * 100)",
        "('a ' * 100000) | wordwrap(1, true, 'b' * 100)",
        "('&' * 300000) | escape",
        "('\\u00e9' * 300000) | urlencode",
        "('a' * 10**6) | base64encode",
        "'\\x01' * 200000",
        "[{'a': '\\u00e9' * 150000}, {'a': '\\u20ac' * 300000}]",
    ],
)
def test_a_bomb_of_size_is_refused(expression: str) -> None:
    assert failure(expression) == TOO_LARGE


@pytest.mark.parametrize(
    "expression",
    [
        "10**400",
        "10**100**10",
        "2**1023 * 2",
        "(2**1000)**(2**1000)",
        "99**9**9**9",
        "1 + big",
        "'1%s' % ('0' * 308) | int | float ~ '' if false else 10**308 * 10",
        "fromJson('1' * 400)",
    ],
)
def test_an_integer_has_at_most_308_digits(expression: str) -> None:
    assert failure(expression, big=10**400) == "the number has more than 308 digits"


@pytest.mark.parametrize(
    "source",
    [
        "(" * 1000 + "1" + ")" * 1000,
        "[" * 40 + "]" * 40,
        "{'a':" * 500 + "1" + "}" * 500,
        "not " * 1200 + "1",
        "- " * 1200 + "1",
        "1" + " + 1" * 500,
        "1" + " if 1 else 1" * 1000,
        "a" + ".b" * 500,
        "a" + "[0]" * 500,
        "a" + "|abs" * 500,
        "a" + " or 1" * 500,
        "abs(" * 100 + ")" * 100,
    ],
)
def test_a_deeply_nested_source_is_a_syntax_error(source: str) -> None:
    with refusal(TemplateSyntaxError, match="nested too deeply"):
        parse_expression(source)
    with refusal(TemplateError, match="in p: the expression is nested too deeply"):
        render_tree("{{ " + source + " }}", scope(), "p")


def test_long_chains_of_text_and_comparisons_are_flat() -> None:
    assert parse_expression("1" + " ~ 1" * 1000).evaluate(scope()) == "1" * 1001
    assert parse_expression("1" + " == 1" * 1000).evaluate(scope()) is True


def test_a_deeply_nested_value_is_refused() -> None:
    deep: Any = 1
    for _ in range(50_000):
        deep = [deep]

    assert failure("fromJson('[' * 50000)") == "the value is nested too deeply"
    assert failure("fromJson('[' * 200 ~ ']' * 200)") == "the value is nested too deeply"
    for expression in ("x", "[x]", "x ~ ''", "x == [y]", "x | json", "x | unique", "x | yaml"):
        assert failure(expression, x=deep, y=[deep]) == "the value is nested too deeply"


def test_a_deep_tree_is_refused_and_a_flat_one_is_not() -> None:
    deep: Any = "{{ 1 }}"
    for _ in range(5000):
        deep = [deep]

    with refusal(TemplateError, match="nested too deeply"):
        render_tree(deep, scope(), "p")


def test_a_source_of_more_than_64_kib_is_refused() -> None:
    with refusal(TemplateSyntaxError, match="larger than 64 KiB"):
        parse_template("{{ 1 }}" + "é" * 32766)
    with refusal(TemplateSyntaxError, match="larger than 64 KiB"):
        parse_expression("1 " * 33000)
    assert parse_template("{{ 1 }}" + "é" * 32764).render(scope(), "p").startswith("1é")
    assert parse_template("x" * 70_000).is_constant


def test_a_result_of_a_mebibyte_is_let_through_and_a_byte_more_is_not() -> None:
    assert len(parse_expression("x").evaluate(scope(x="a" * (MIB - 2)))) == MIB - 2
    assert failure("x", x="a" * (MIB - 1)) == TOO_LARGE
    assert failure("x", x="é" * (MIB // 2)) == TOO_LARGE
    assert failure("x | upper", x="ß" * (MIB - 100)) == TOO_LARGE


def test_half_a_surrogate_pair_never_gets_out_of_a_large_result() -> None:
    assert failure("x | base64encode", x="\ud800") == "the text holds half of a surrogate pair"
    assert failure("x", x="\ud800" * 200_000) == "the text holds half of a surrogate pair"


def ticking(step: float) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += step


def test_an_evaluation_ends_after_a_second_by_its_clock() -> None:
    clock = ticking(0.3).__next__
    with pytest.raises(TemplateError) as caught:
        parse_expression("range(5000) | map('string') | list").evaluate(scope(clock))

    assert caught.value.reason.unmasked() == "the expression takes longer than 1 s"


def test_the_expressions_of_one_scope_share_their_time() -> None:
    shared = scope(ticking(0.9).__next__)
    expression = parse_expression("1")

    for index in range(34):
        expression.evaluate(shared.with_locals(item=index))
    with refusal(TemplateError, match="take too long together"):
        expression.evaluate(shared)


def test_too_many_steps_are_refused_whatever_the_clock_says() -> None:
    frozen = scope(lambda: 0.0, x=list(range(100_000)))
    sorts = " ~ ".join(["(x | sort | first)"] * 60)

    with pytest.raises(TemplateError) as caught:
        parse_expression(sorts).evaluate(frozen)

    assert caught.value.reason.unmasked() == "the expression takes too many steps"


@pytest.mark.parametrize(
    "expression",
    [
        "(('a' * 1000) ~ ' ') * 1000 | wordwrap(1) | length",
        "('<!--a>' * 150000) | striptags | length",
        "('a' * 10**6) | trim('b' * 255 ~ 'a') | length",
        "x" + "|sort" * 90,
        "x" + "|json|fromjson" * 45,
        "('\\'' * 10**6) | title | length",
        "('e\\u0301' * 2000) | slugify",
        "x | map('replace', '', 'aaaaaaa') | map('upper') | map('json') | unique | length",
        "x | sum(attribute='0', start=[])",
        "('x' * 10**6) | contains(('x' * 10**5) ~ 'y')",
        "x | yaml | length",
        "x | groupby('0') | length",
    ],
)
def test_no_expression_goes_on_for_long_without_a_look_at_the_clock(expression: str) -> None:
    rows = [[str(index)] for index in range(40_000)]
    parsed = parse_expression(expression)

    with counted_steps() as steps:
        clock = Clock(steps, tick=0.001)
        with contextlib.suppress(TemplateError):
            parsed.evaluate(scope(clock, x=rows))
        clock()

    assert clock.longest <= FEW_STEPS
    assert clock.looks <= 1 / 0.001 + 3


LARGE_TOGETHER = "the values to compare are larger than 20 MiB together"
LONG_PATH = "a field's path has at most 1000 characters"
MANY_STEPS = "the expression takes too many steps"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("('%(k).0s' * 120000) | format(k=range(150000))", "a format has at most 1000 specifiers"),
        ("('%%' * 1001) % 1", "a format has at most 1000 specifiers"),
        ("range(9) | map('replace', range(150000), 'x')", "expected text, not a list"),
        ("range(9) | map('replace', 'x', {'a': 1})", "expected text, not a map"),
        ("range(9) | map('startswith', range(150000))", "expected text, not a list"),
        ("range(9) | map('endswith', range(150000))", "expected text, not a list"),
        ("[[1, 2]] | map('join', range(150000))", "expected text, not a list"),
        ("'a b' | wordwrap(1, true, range(150000))", "expected text, not a list"),
        ("'a b c' | truncate(3, true, [1])", "expected text, not a list"),
        ("'a' | trim(['a'])", "expected text, not a list"),
        ("'2026-01-01' | date([1])", "expected text, not a list"),
        ("'2026-01-01' | date('Y' * 1001)", "a layout has at most 1000 characters"),
        ("'2026-01-01' | dateadd(1, ['days'])", "expected text, not a list"),
        ("(['a'] * 100000) | map(attribute='0.' * 300000 ~ '0')", LONG_PATH),
        ("(['a'] * 100000) | map('0.' * 300000 ~ '0')", LONG_PATH),
        ("[{}] | map('0.' * 300000 ~ '0')", LONG_PATH),
        ("['a'] | selectattr('0.' * 300000 ~ '0')", LONG_PATH),
        ("['a'] | rejectattr('0.' * 300000 ~ '0')", LONG_PATH),
        ("['a'] | where('0.' * 300000 ~ '0', 1)", LONG_PATH),
        ("['a'] | join('', '0.' * 300000 ~ '0')", LONG_PATH),
        ("['a'] | min(attribute='0.' * 300000 ~ '0')", LONG_PATH),
        ("['a'] | max(attribute='0.' * 300000 ~ '0')", LONG_PATH),
        ("['a'] | groupby('0.' * 300000 ~ '0')", LONG_PATH),
        ("['a'] | unique(attribute='0.' * 300000 ~ '0')", LONG_PATH),
        ("['a'] | sum('0.' * 300000 ~ '0')", LONG_PATH),
        ("['a'] | sort(attribute='0.' * 300000 ~ '0')", LONG_PATH),
        ("['a'] | map(attribute='0.' * 32 ~ '0')", "a field's path has at most 32 steps"),
        ("['a'] | sort(attribute='0,' * 60000 ~ '0')", "sort takes at most 8 fields"),
        ("['a'] | sort(attribute='0,' * 8 ~ '0')", "sort takes at most 8 fields"),
        ("('&#' ~ '9' * 5000 ~ ';') | striptags", "a character reference has at most 8 digits"),
        ("'&#x' ~ '0' * 9 ~ ';' | striptags | string", None),
        ("('&#x' ~ '0' * 9 ~ ';') | striptags", "a character reference has at most 8 digits"),
    ],
)
def test_an_argument_that_costs_for_each_item_is_refused(
    expression: str, reason: str | None
) -> None:
    if reason is None:
        assert parse_expression(expression).evaluate(scope())
    else:
        assert failure(expression).startswith(reason)


def test_the_largest_paths_names_and_formats_are_taken() -> None:
    known = scope(x=["a"])

    assert parse_expression("x | map(attribute='0.' * 31 ~ '0')").evaluate(known) == ["a"]
    assert parse_expression("x | sort(attribute='0,' * 7 ~ '0')").evaluate(known) == ["a"]
    assert parse_expression("('%s' * 1000) % ([1] * 1000)").evaluate(known) == "1" * 1000
    assert parse_expression("'&#00000065;' | striptags").evaluate(known) == "A"


@pytest.mark.parametrize(
    "expression",
    [
        "range(100000) | map('indent', 'a' * 10**6) | length",
        "range(100000) | map('default', 1, 'a' * 10**6) | length",
        "range(100000) | select('in', range(100000)) | length",
        "x | where('k', range(100000)) | length",
        "(['%s'] * 100) | map('format', range(100000)) | length",
        "x | map(attribute='k') | map('string') | map('length') | list",
        "x | map(attribute='k') | join | length",
    ],
)
def test_arguments_and_items_are_counted_each_time_they_are_used(expression: str) -> None:
    rows = [{"k": list(range(100_000))}] * 100

    assert failure(expression, x=rows) in {MANY_STEPS, TOO_LARGE}


def test_an_argument_of_a_format_is_written_once_however_often_it_is_named() -> None:
    expression = parse_expression("('%(k).0s' * 1000) | format(k=range(100000))")

    assert expression.evaluate(scope()) == ""


@pytest.mark.parametrize(
    "expression",
    [
        "x | map(attribute='k') | map('string')",
        "x | map(attribute='k')",
        "x | select('mapping')",
        "x | reject('string')",
        "x | selectattr('k')",
        "x | rejectattr('k')",
        "x | where('k', 1)",
        "x | sort(attribute='k')",
        "x | min(attribute='k')",
        "x | max(attribute='k')",
        "x | groupby('k')",
        "x | unique",
        "x | sum(attribute='k')",
        "x | join('', 'k')",
        "[[['a', 1]] * 300] | map('urlencode') | length",
        "('%s' * 300) % ([1] * 300)",
    ],
)
def test_a_loop_looks_at_the_clock_for_every_item(expression: str) -> None:
    looks = itertools.count()

    parse_expression(expression).evaluate(
        scope(lambda: next(looks) * 0.0, x=[{"k": index} for index in range(300)])
    )

    assert next(looks) >= 300


def nested(depth: int, leaf: Any) -> Any:
    for _ in range(depth):
        leaf = [leaf]
    return leaf


@pytest.mark.parametrize(
    "expression", ["x | sort", "x | min", "x | max", "x | groupby(0)", "a < b"]
)
def test_what_nests_deeply_has_no_order(expression: str) -> None:
    roots = {"x": [nested(95, 1)] * 9, "a": nested(95, 1), "b": nested(95, 2)}

    assert failure(expression, **roots) == "the value is nested too deeply"


def test_lists_of_lists_have_an_order() -> None:
    assert parse_expression("[[2, [1]], [1, [3]]] | sort | first").evaluate(scope()) == [1, [3]]


@pytest.mark.parametrize(
    "expression",
    ["x ~ ''", "x | string | length", "x == y", "x in [y]", "x | sha256", "x | unique"],
)
def test_a_value_of_shared_parts_counts_as_what_it_would_be_written_out(expression: str) -> None:
    roots = {name: [["a" * 1_000_000]] * 100 for name in "xy"}
    roots["y"].append([])

    assert failure(expression, **roots) in {TOO_LARGE, LARGE_TOGETHER, MANY_STEPS}


def test_the_keys_of_a_sort_are_bounded_together() -> None:
    rows = [{"k": "A" * 1_000_000}] * 22

    assert failure("x | sort(attribute='k') | length", x=rows) == LARGE_TOGETHER
    assert failure("x | unique(attribute='k') | length", x=rows) == LARGE_TOGETHER


def test_memory_stays_small_while_a_bomb_is_refused() -> None:
    expression = parse_expression("[" + "'a' * 10**6," * 4000 + "]")
    tracemalloc.start()
    try:
        with pytest.raises(TemplateError):
            expression.evaluate(scope())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 100 * MIB


@pytest.mark.parametrize(
    "source",
    [
        "{{ '" + "\\'" * 30000,
        "{{ " + "'" * 60000,
        "{{ " + "1_" * 30000,
        "{{ " + "1." * 15000 + " }}",
        "${" * 30000,
        "$" * 60000,
        "{{ a }}" * 4000,
        "{{" * 30000,
        "{{ '" + "\\N{DASH}" * 7000 + "' }}",
    ],
)
def test_a_source_of_any_kind_is_parsed_in_a_number_of_steps_for_each_character(
    source: str,
) -> None:
    def parse() -> None:
        with contextlib.suppress(TemplateSyntaxError):
            parse_template(source)

    assert steps_of(parse) <= 40 * len(source)


class Fetched(Mapping[str, Any]):
    """Outputs that take more than a second to come."""

    def __getitem__(self, name: str) -> Any:
        time.sleep(1.1)
        return name

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@pytest.mark.timing
def test_waiting_is_no_work_of_an_expression():
    known = Scope({"outputs": Fetched()}, "s", NOW)

    value = parse_template("{{ [outputs.a, range(5000) | length] }}").render(known, "p")

    assert value == ["a", 5000]
