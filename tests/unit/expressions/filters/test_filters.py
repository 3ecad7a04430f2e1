"""Filters of lists and maps, and what every filter refuses."""

from typing import Any

import pytest
from jinja2 import Environment

from shared.expressions import TemplateError
from shared.expressions.filters import FILTERS
from shared.expressions.predicates import TESTS
from tests.support.filters import render


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[1, 2] | first", 1),
        ("'abc' | last", "c"),
        ("prices | first", "b"),
        ("[7] | random", 7),
        ("'abc' | reverse", "cba"),
        ("[1, 2] | reverse", [2, 1]),
        ("'abc' | list", ["a", "b", "c"]),
        ("prices | items", [["b", 2], ["A", 3], ["c", 1]]),
        ("prices | keys", ["b", "A", "c"]),
        ("prices | values", [2, 3, 1]),
        ("[1, true, none, 'a'] | join('-')", "1-true--a"),
        ("people | join(', ', attribute='name')", "Ada, bob, Cy"),
        ("[1, [2, [3, [4]]], []] | flatten", [1, 2, 3, 4]),
        ("[1, [2, [3]]] | flatten(1)", [1, 2, [3]]),
        ("[1, 2, 3, 4] | slice(1, 3)", [2, 3]),
        ("'abcd' | slice(-2)", "cd"),
        ("[1, 2, 3] | batch(2)", [[1, 2], [3]]),
        ("[1, 2, 3] | batch(2, 0)", [[1, 2], [3, 0]]),
        ("[] | batch(2, 0)", []),
        ("[1, 2] | length + 'abc' | count", 5),
        ("['b', 'A', 'c'] | sort", ["A", "b", "c"]),
        ("['b', 'A', 'c'] | sort(case_sensitive=true, reverse=true)", ["c", "b", "A"]),
        ("people | sort(attribute='age,name') | map(attribute='name')", ["bob", "Ada", "Cy"]),
        ("people | sort(attribute='city.name') | map('name') ", ["Ada", "Cy", "bob"]),
        ("prices | dictsort", [["A", 3], ["b", 2], ["c", 1]]),
        ("prices | dictsort(true)", [["A", 3], ["b", 2], ["c", 1]]),
        ("prices | dictsort(by='value', reverse=true)", [["A", 3], ["b", 2], ["c", 1]]),
        ("[3, 1, 2] | min", 1),
        ("['b', 'C'] | max", "C"),
        ("['b', 'C'] | max(true)", "b"),
        ("(people | min(attribute='age')).name", "bob"),
        ("[] | max | default('none')", "none"),
        ("people | groupby('age') | map(attribute='grouper')", [17, 36]),
        ("(people | groupby('city.name'))[0].list | map('name')", ["Ada", "Cy"]),
        ("[{'a': 1}, {}] | groupby('a', default=0) | map('grouper')", [0, 1]),
        ("['a', 'A', 1, 1.0, true, [1], [1]] | unique", ["a", 1, True, [1]]),
        ("['a', 'A'] | unique(true)", ["a", "A"]),
        ("people | unique(attribute='age') | map('name')", ["Ada", "bob"]),
        ("people | map('name')", ["Ada", "bob", "Cy"]),
        ("people | map(attribute='city.name') | map('upper')", ["LONDON", "PARIS", "LONDON"]),
        ("people | map(attribute='active', default='?')", [True, "?", False]),
        ("people | map('tags') | map('length')", [1, 0, 2]),
        ("people | map('tags') | map('first', ) | list if false else 1", 1),
        ("['a-b', 'c'] | map('replace', '-', '+')", ["a+b", "c"]),
        ("[[1, 2]] | map(attribute=1)", [2]),
        ("[[1, 2]] | map(attribute='0')", [1]),
        ("[0, 1, 'false', 'x'] | select", [1, "x"]),
        ("['', 'a'] | map('default', 'x', true)", ["x", "a"]),
        ("[1, 2, 3] | select('odd')", [1, 3]),
        ("[1, 2, 3] | reject('divisibleby', 3)", [1, 2]),
        ("[1, 2, 3] | select('>', 1) | select('lessthan', 3)", [2]),
        ("[0, 1] | reject", [0]),
        ("people | selectattr('active') | map('name')", ["Ada"]),
        ("people | rejectattr('active') | map('name')", ["bob", "Cy"]),
        ("people | selectattr('age', 'ge', 18) | map('name')", ["Ada", "Cy"]),
        ("people | rejectattr('city.name', 'in', ['Paris']) | map('name')", ["Ada", "Cy"]),
        ("people | selectattr('active', 'defined') | length", 2),
        ("people | selectattr('active', 'undefined') | map('name')", ["bob"]),
        ("people | where('city.name', 'Paris') | map('name')", ["bob"]),
        ("people | where('nope', 1)", []),
    ],
)
def test_list_and_map_filters(expression: str, expected: Any) -> None:
    assert render(expression) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("'a' | split('')", "split needs a text to split at"),
        ("'a' | trim('x' * 300)", "trim takes at most 256 characters"),
        ("('a' * 5000) | slugify", "slugify takes at most 4096 characters"),
        ("'a' | truncate(1)", "truncate needs a length that has room for its end"),
        ("'a' | wordwrap(0)", "wordwrap needs a width of at least 1"),
        ("'%s' | format(1, a=2)", "format takes values in order or by name, not both"),
        ("'%s' | format", "the format needs more values than it is given"),
        ("'' | format(1)", "not all values are used by the format"),
        ("'%y' % 1", "'%' is not a format"),
        ("'%999999d' % 1", "'%999999d' is not a format"),
        ("'%d' % 'a'", "the format %d needs a number, not text"),
        ("'%x' % 1.5", "the format %x cannot show this number"),
        ("'%c' % 55296", "the format %c cannot show this number"),
        ("'%(a)s' % {}", "the format's value 'a' is undefined"),
        ("{'a b': 1} | xmlattr", "a key is not the name of an attribute"),
        ("1 | json(99)", "json takes an indent from 0 to 16"),
        ("'!' | base64decode", "the text is not base64 of UTF-8 text"),
        ("'/w==' | base64decode", "the text is not base64 of UTF-8 text"),
        ("'%ff' | urldecode", "the text is not the URL form of UTF-8 text"),
        ("[[1]] | urlencode", "urlencode takes text, a map or a list of pairs"),
        ("[1] | urlencode", "expected a list, not a number"),
        ("{'k' * 200: 1} | yaml", "a key has more than 128 characters, too many for YAML"),
        ("'a' | abs", "expected a number, not text"),
        ("1 | round(999)", "round takes a precision up to 300"),
        ("1 | round(1, 'x')", "round's method is common, ceil or floor"),
        ("1e300 | round(300, 'ceil')", "the result is not a finite number"),
        ("1 | int(base=1)", "int takes a base from 2 to 36"),
        ("['a'] | sum", "cannot add a number and text; '~' joins them as text"),
        ("1 | first", "expected a list, not a number"),
        ("'a' | keys", "expected a map, not text"),
        ("'a' | flatten", "expected a list, not text"),
        ("1 | slice(1)", "cannot take a slice of a number"),
        ("[1] | batch(0)", "batch needs a size of at least 1"),
        ("[1, 'a'] | sort", "cannot order values of different kinds"),
        ("[1, 'a'] | max", "cannot order values of different kinds"),
        ("prices | dictsort(by='x')", 'dictsort sorts by "key" or by "value"'),
        ("people | sort(attribute='nope')", "'nope' is undefined"),
        ("people | map", "map needs a field or a filter"),
        ("[1] | map('nope')", "unknown filter 'nope'"),
        ("[1] | map('map', 'x')", "unknown filter 'map'"),
        ("[1] | map('upper', 2)", "upper: too many positional arguments"),
        ("[[]] | map('first')", "'first' of an empty list is undefined"),
        ("[1] | map(2)", "a filter is named by text, not by a number"),
        ("[1] | map(attribute={})", "a field is named by text, not by a map"),
        ("[1] | select('nope')", "unknown test 'nope'"),
        ("[1] | select('odd', 1, 2)", "odd: too many positional arguments"),
        ("people | selectattr('active', 'eq', 1)", "'active' is undefined"),
        ("'x' | date", "the value is not a time"),
        ("1e300 | date", "the value is not a time"),
        ("[] | date", "expected a time, not a list"),
        ("0 | date('%Q')", "date knows no %Q"),
        ("0 | date('qq')", "date knows no 'qq'; letters that stay go in quotes"),
        ("0 | dateadd(1, 'eons')", "dateadd needs a number and a unit such as days"),
        ("0 | dateadd('1', 'days')", "dateadd needs a number and a unit such as days"),
        ("0 | dateadd(99999, 'years')", "the time is outside the years 1 to 9999"),
        ("0 | dateadd(1e300, 'days')", "the time is outside the years 1 to 9999"),
        ("0 | dateadd(0.5, 'months')", "expected a whole number, not a number"),
    ],
)
def test_a_filter_that_cannot_work_is_a_template_error(expression: str, reason: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(expression)

    assert caught.value.reason.unmasked() == reason


def test_what_is_left_out_of_jinja_is_written_down() -> None:
    jinja = Environment(autoescape=True)

    assert set(jinja.filters) - set(FILTERS) == {"attr", "urlize"}
    assert set(jinja.tests) - set(TESTS) == {"callable", "escaped", "filter", "test"}
