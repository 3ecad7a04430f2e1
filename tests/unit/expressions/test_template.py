"""What an expression yields: operators, access, native types, what is missing, what is true."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.expressions import (
    NO_CREDENTIALS,
    Budget,
    LazyVariables,
    Scope,
    TemplateError,
    TemplateSyntaxError,
    is_true,
    parse_expression,
    parse_template,
    references,
    render_tree,
)
from tests.support.errors import refusal, told

NOW = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
ROOTS: dict[str, Any] = {
    "outputs": {
        "build": {"n": 3, "list": [10, 20, {"deep": "x"}], "none": None},
        "my-task": {"ok": True},
    },
    "inputs": {"who": "Ada", "times": 2, "key": "n"},
}


def scope(**more: Any) -> Scope:
    return Scope({**ROOTS, **more}, seed="e1/t/0/1", now=NOW)


def render(source: str, **more: Any) -> Any:
    return parse_template(source).render(scope(**more), "properties.message")


def failure(source: str, **more: Any) -> str:
    with pytest.raises(TemplateError) as caught:
        render(source, **more)
    return told(caught.value)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ 1 + 2 * 3 }}", 7),
        ("{{ 7 / 2 }}", 3.5),
        ("{{ 7 // 2 }}", 3),
        ("{{ -7 % 3 }}", 2),
        ("{{ 2 ** 10 }}", 1024),
        ("{{ 2 ** -1 }}", 0.5),
        ("{{ 2 ** 0.5 > 1.4 }}", True),
        ("{{ +3 - -3 }}", 6),
        ("{{ true + 1 }}", 2),
        ("{{ 0x10 + 1_000 + 0b1 }}", 1017),
        ("{{ 1.5e3 }}", 1500.0),
        ("{{ 'a' + \"b\" }}", "ab"),
        ("{{ [1] + [2, 3] }}", [1, 2, 3]),
        ("{{ 'ab' * 2 ~ 3 * 'c' }}", "ababccc"),
        ("{{ [0] * 3 }}", [0, 0, 0]),
        ("{{ [0] * -3 }}", []),
        ("{{ 1 ~ null ~ true ~ [1, {'a': none}] ~ 2.5 }}", '1true[1,{"a":null}]2.5'),
        ("{{ 1 < 2 <= 2 != 3 }}", True),
        ("{{ 1 < 2 > 5 }}", False),
        ("{{ 3 >= 3 and 3 > 2 and 'a' == 'a' }}", True),
        ("{{ 'abc' < 'abd' }}", True),
        ("{{ [1, 2] < [1, 3] }}", True),
        ("{{ 1 == '1' }}", False),
        ("{{ 'a' in 'cat' and 2 in [1, 2] and 'n' in outputs.build }}", True),
        ("{{ 'z' not in outputs.build and 3 not in [] and 1 not in {'1': 1} }}", True),
        ("{{ 'yes' if inputs.times > 1 else 'no' }}", "yes"),
        ("{{ 'yes' if inputs.times > 5 }}", None),
        ("{{ '' or 0 or 'last' }}", "last"),
        ("{{ 1 and '' and boom }}", ""),
        ("{{ 'x' or boom }}", "x"),
        ("{{ not 'false' }}", True),
        ("{{ none is none and null is none and True }}", True),
        ("{{ (1, 'a') }}", [1, "a"]),
        ("{{ {'a': {'b': [1]}} }}", {"a": {"b": [1]}}),
        ("{{ outputs.build.list[2].deep }}", "x"),
        ('{{ outputs["my-task"]["ok"] }}', True),
        ("{{ outputs.build[inputs.key] }}", 3),
        ("{{ outputs.build.list[-1]['deep'] }}", "x"),
        ("{{ outputs.build.list.0 }}", 10),
        ("{{ 'abc'[1] }}", "b"),
        ("{{ outputs.build.list[1:] | length }}", 2),
        ("{{ 'abcdef'[::-2] }}", "fdb"),
        ("{{ 'a' 'b' }}", "ab"),
        (r"{{ 'tab\t quote\' \u00e9 \x41 \d \\' }}", "tab\t quote' é A \\d \\"),
        (r"{{ '\ud83d\ude00' }}", "😀"),
        ("{{ 5 is odd and 4 is even and 9 is divisibleby 3 }}", True),
        ("{{ 5 is not odd or 'a' is upper }}", False),
        ("{{ 'a' is string and 1 is number and 1 is integer and 1.0 is float }}", True),
        ("{{ true is number or true is integer or 1 is boolean }}", False),
        ("{{ {} is mapping and [] is sequence and 'a' is iterable and 1 is not mapping }}", True),
        ("{{ 3 is eq 3 and 3 is ne 4 and 3 is lt 4 and 3 is ge(3) and 3 is in [3] }}", True),
        ("{{ 3 is le 4 and 3 is gt 2 and true is true and false is false }}", True),
        ("{{ 'a' is lower and 'A' is upper and false is boolean and 1 is sameas 1 }}", True),
        ("{{ 1 is sameas true }}", False),
        ("{{ len([1, 2]) + len('abc') + len({'a': 1}) }}", 6),
        ("{{ range(3) + range(5, 0, -2) + range(2, 4) + range(3, 1) }}", [0, 1, 2, 5, 3, 1, 2, 3]),
        ("{{ fromJson('{\"a\": [1, 2.5, null]}').a }}", [1, 2.5, None]),
        ("{{ fromJson([1]) }}", [1]),
        ('{{ fromJson(\'\ufeff {"a": "\ufeff"}\') }}', {"a": "\ufeff"}),
        ("{{ now() }}", "2026-02-03T04:05:06.789Z"),
    ],
)
def test_an_expression_yields_the_native_value(source: str, expected: Any) -> None:
    result = render(source)

    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Hi {{ inputs.who }}!", "Hi Ada!"),
        ("{{ true }} {{ false }} {{ null }}|", "true false |"),
        ("{{ [1, true] }} {{ {'a': 'é'} }}.", '[1,true] {"a":"é"}.'),
        ("{{ 6 / 2 }} {{ 0.1 }} {{ 1e20 }} ", "3 0.1 1e+20 "),
        ("{{ 1 }}{{ 2 }}", "12"),
        ("\n {{ 1 }} \t", 1),
        ("a {{- ' b ' -}} c", "a b c"),
        ("a {{+ 'b' }}", "a b"),
        ("{{ '}}' }}{{ \"{{ \" }}", "}}{{ "),
        ("{{ {'a': {'b': 1}}}}", {"a": {"b": 1}}),
        ("}} %} #} { {", "}} %} #} { {"),
        ("", ""),
    ],
)
def test_text_around_braces_joins_what_they_yield(source: str, expected: Any) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("{{ nope }}", "nope"),
        ("hello {{ nope.a.b }}", "nope"),
        ("{{ outputs.a.b }}", "outputs.a"),
        ("{{ outputs.build.x.y.z }}", "outputs.build.x"),
        ("{{ outputs['build']['n']['z'] }}", "outputs.build.n.z"),
        ("{{ outputs['my-task'].nope }}", 'outputs["my-task"].nope'),
        ("{{ outputs.build.list[7] }}", "outputs.build.list[7]"),
        ("{{ outputs.build.list['a'] }}", "outputs.build.list.a"),
        ("{{ outputs.build[inputs.who] }}", "outputs.build.Ada"),
        ("{{ outputs[inputs.nope] }}", "inputs.nope"),
        ("{{ outputs.build[inputs.key].q }}", "outputs.build[…].q"),
        ("{{ outputs.build[1.5] }}", "outputs.build[a number]"),
        ("{{ (1 + 2).real }}", "(…).real"),
        ("{{ [] | first }}", "first((…))"),
        ("{{ outputs.build.none.a }}", "outputs.build.none.a"),
        ("{{ nope is none }}", "nope"),
        ("{{ nope or 1 }}", "nope"),
        ("{{ nope | upper | default(1) }}", "nope"),
        ("{{ [{'a': 1}] | map(attribute='b') }}", "b"),
    ],
)
def test_reading_what_is_not_there_names_the_place_and_the_expression(
    source: str, what: str
) -> None:
    told = f"template error in properties.message: '{what}' is undefined"
    assert re.fullmatch(rf"{re.escape(told)}(: .* (is|has) .*)?", failure(source))


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (
            "{{ outputs.build.none.a }}",
            "'outputs.build.none.a' is undefined: outputs.build.none is null",
        ),
        (
            "{{ outputs.build.list[7] }}",
            "'outputs.build.list[7]' is undefined: outputs.build.list has length ",
        ),
        (
            "{{ outputs.build.list.length }}",
            "'outputs.build.list.length' is undefined: outputs.build.list is a list",
        ),
        ("{{ inputs.who.name }}", "'inputs.who.name' is undefined: inputs.who is text"),
        ("{{ {}.a }}", "'(…).a' is undefined: (…) is an empty map"),
        (
            "{{ {' Customer ID ': 1}['Customer ID'] }}",
            """'(…)["Customer ID"]' is undefined, did you mean " Customer ID "?""",
        ),
        (
            "{{ {'status_code': 1}.statusCode }}",
            """'(…).statusCode' is undefined, did you mean "status_code"?""",
        ),
        ("{{ {'a': 1}.zzz }}", "'(…).zzz' is undefined"),
    ],
)
def test_reading_what_is_not_there_says_what_there_is(source: str, what: str) -> None:
    assert failure(source).startswith(f"template error in properties.message: {what}")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ nope | default }}", ""),
        ("{{ nope | default(1) }}", 1),
        ("{{ nope.a['b'].c[0] | d('x') }}", "x"),
        ("{{ outputs[nope] | d('x') }}", "x"),
        ("{{ nope | default(outputs.zip) | default(3) }}", 3),
        ("{{ inputs.who | default(boom) }}", "Ada"),
        ("{{ '' | default('x') }}", ""),
        ("{{ '' | default('x', true) }}", "x"),
        ("{{ 0 | default(default_value='x', boolean=true) }}", "x"),
        ("{{ null | default('x') }}", None),
        ("{{ [] | first | default('none') }}", "none"),
        ("{{ (nope if true else 1) | default(2) }}", 2),
        ("{{ nope is defined }}", False),
        ("{{ nope.a is undefined and inputs.who is defined }}", True),
        ("{{ nope.a is not defined }}", True),
    ],
)
def test_default_and_defined_cover_what_is_missing(source: str, expected: Any) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ 1 // 0 }}", "division by zero"),
        ("{{ 1 % 0 }}", "division by zero"),
        ("{{ 0 ** -1 }}", "division by zero"),
        ("{{ 'a' + 1 }}", "cannot add text and a number; '~' joins them as text"),
        ("{{ [] + {} }}", "cannot add a list and a map"),
        ("{{ null - 1 }}", "cannot subtract a number from null"),
        ("{{ 'a' * 'b' }}", "cannot multiply text by text"),
        ("{{ -'a' }}", "expected a number, not text"),
        ("{{ 1 < 'a' }}", "cannot compare a number with text"),
        ("{{ [1] < ['a'] }}", "cannot compare lists of different kinds of values"),
        ("{{ {} < {} }}", "cannot compare a map with a map"),
        ("{{ 1 in 2 }}", "cannot look into a number"),
        ("{{ 1 in 'a' }}", "cannot look for a number in text"),
        ("{{ {1: 2} }}", "a map's key is text, not a number"),
        ("{{ 5[1:] }}", "cannot take a slice of a number"),
        ("{{ 'a'['b':] }}", "a slice's bounds are whole numbers, its step is not 0"),
        ("{{ 'a'[::0] }}", "a slice's bounds are whole numbers, its step is not 0"),
        ("{{ 1e308 * 10 }}", "the result is not a finite number"),
        ("{{ 1e300 ** 2 }}", "the result is not a finite number"),
        ("{{ (-8) ** 0.5 }}", "the result is not a real number"),
        ("{{ len(1) }}", "a number has no length"),
        ("{{ range(1, 2, 0) }}", "range() needs a step that is not 0"),
        ("{{ range('3') }}", "expected a whole number, not text"),
        ("{{ randomInt(3, 1) }}", "randomInt(lo, hi) needs lo <= hi"),
        ("{{ fromJson('{') }}", "the text is not JSON"),
        ("{{ fromJson('\ufeff') }}", "the text is not JSON"),
        ("{{ fromJson('\ufeff\ufeff1') }}", "the text is not JSON"),
        ("{{ fromJson('NaN') }}", "NaN is not JSON"),
        ("{{ fromJson('1e999') }}", "the number is too large"),
        ("{{ fromJson('\"\\\\ud800\"') }}", "the text holds half of a surrogate pair"),
        ("{{ kv('a') }}", "kv() is not supported yet"),
        ("{{ 1.5 is odd }}", "expected a whole number, not a number"),
    ],
)
def test_what_has_no_result_is_a_template_error(source: str, reason: str) -> None:
    assert failure(source) == f"template error in properties.message: {reason}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, False),
        (False, False),
        (0, False),
        (0.0, False),
        ("", False),
        ("false", False),
        ("0", False),
        ([], False),
        ({}, False),
        (True, True),
        (1, True),
        (-0.5, True),
        ("False", True),
        ("00", True),
        (" ", True),
        ("no", True),
        ([0], True),
        ({"a": 0}, True),
    ],
)
def test_truth_is_what_the_language_says(value: Any, expected: bool) -> None:  # noqa: FBT001
    assert is_true(value) is expected
    assert parse_expression("x").is_true(scope(x=value)) is expected


@pytest.mark.parametrize("source", ["item.age >= 18", "{{ item.age >= 18 }}", " {{item.age>=18}}"])
def test_a_condition_may_stand_in_braces_or_without(source: str) -> None:
    expression = parse_expression(source)

    assert expression.evaluate(scope(item={"age": 18})) is True
    assert expression.roots == {"item"}


@pytest.mark.parametrize(
    ("source", "offset", "message"),
    [
        ("{{ }}", 2, "the expression is empty"),
        ("ab {{ 1 + }}", 10, "the expression ends too early"),
        ("{{ a b }}", 5, "unexpected 'b'"),
        ("{{ a", 0, "'{{' without its '}}'"),
        ("a {{-1}}", 2, "'{{-' trims white space, '{{ -' is a minus"),
        ("{{ 'a }}", 3, "a string without its closing quote"),
        ("{{ (1] }}", 5, "unexpected ']', expected ')'"),
        ("{{ 1) }}", 4, "unexpected ')'"),
        ("{{ a $ b }}", 5, "unexpected character '$'"),
        ("x {% if a %}", 2, "'{%': statements are not part of templates"),
        ("x {# a #}", 2, "'{#': comments are not part of templates"),
        ("{{ 1 | uper }}", 7, "unknown filter 'uper', did you mean 'upper'?"),
        ("{{ 1 | attr('x') }}", 7, "unknown filter 'attr', did you mean 'xmlattr'?"),
        ("{{ rang(3) }}", 3, "unknown function 'rang', did you mean 'range'?"),
        ("{{ 1 is od }}", 5, "unknown test 'od', did you mean 'odd'?"),
        ("{{ 'a'.upper() }}", 12, "only functions can be called; try a filter"),
        ("{{ range(*x) }}", 8, "'*' and '**' are not part of calls"),
        ("{{ range() }}", 8, "range: missing a required argument: 'start'"),
        ("{{ 1 | upper(2) }}", 7, "upper: too many positional arguments"),
        ("{{ 1 | upper(value=2) }}", 7, "upper: got an unexpected keyword argument 'value'"),
        ("{{ 1 is odd(1, 2) }}", 5, "odd: too many positional arguments"),
        ("{{ 1e999 }}", 3, "the result is not a finite number"),
        ("{{ " + "9" * 500 + " }}", 3, "the number is too long"),
        ("{{ 0x" + "f" * 300 + " }}", 3, "the number has more than 308 digits"),
        (r"{{ '\ud800' }}", 3, "the string holds no valid text"),
        ("{{ a.'b' }}", 5, "expected name or number"),
        ("{{ \u00b7a }}", 3, "'·a' is not a name"),
        ("{{ self['a' }}", 12, "unexpected '}', expected ']'"),
    ],
)
def test_what_cannot_be_parsed_is_refused_at_its_place(
    source: str, offset: int, message: str
) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        parse_template(source)

    assert told(caught.value) == message
    assert caught.value.offset == offset
    assert failure_of_tree(source) == f"template error in vars.x[0]: {message}"


def failure_of_tree(source: str) -> str:
    with pytest.raises(TemplateError) as caught:
        render_tree({"x": [source]}, scope(), "vars")
    return told(caught.value)


@pytest.mark.parametrize(
    ("source", "offset", "message"),
    [
        ("", 0, "the expression is empty"),
        ("item.a >", 8, "the expression ends too early"),
        ("{{ a }} and {{ b }}", 0, "expected one expression inside one '{{ }}'"),
        ("a }} b", 2, "unexpected '}}'"),
        ("a == 'b", 5, "a string without its closing quote"),
        ("(a]", 2, "unexpected ']', expected ')'"),
        ("{{ 1 | uper }}", 7, "unknown filter 'uper', did you mean 'upper'?"),
    ],
)
def test_a_condition_that_cannot_be_parsed_is_refused_at_its_place(
    source: str, offset: int, message: str
) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        parse_expression(source)

    assert (caught.value.offset, told(caught.value)) == (offset, message)


def test_a_tree_is_rendered_in_its_values_and_never_in_its_keys() -> None:
    tree = {"{{ 1 }}": ["{{ inputs.times }}", {"a": "n={{ inputs.times }}"}, 5, None, True]}

    assert render_tree(tree, scope(), "properties") == {"{{ 1 }}": [2, {"a": "n=2"}, 5, None, True]}


def test_an_error_in_a_tree_names_its_path() -> None:
    with pytest.raises(TemplateError) as caught:
        render_tree({"headers": [{"x": "{{ nope }}"}]}, scope(), "properties")

    assert caught.value.place == "properties.headers[0].x"


def test_what_a_template_names_is_known_without_rendering_it() -> None:
    found = references(
        {
            "a": [
                "{{ outputs.one.x }} {{ outputs['two'].y | default(outputs.three.z) }}",
                "{{ {'k': [outputs['fo' ~ 'ur']]} | json(indent=inputs.n) }}",
            ],
            "b": "${TOKEN} ${DB.password} $${NOT} ${not}",
            "c": "{{ now() if vars.v else range(len(outputs.five)) }}",
            "d": 5,
        }
    )

    assert found.reads == {"one", "two", "three", "five"}
    assert found.roots == {"outputs", "inputs", "vars"}
    assert found.functions == {"now", "range", "len"}
    assert found.credentials == {"TOKEN", "DB"}
    one = parse_template("{{ outputs.one ~ now() }} ${TOKEN}")
    assert one.reads == {"one"}
    assert one.functions == {"now"}
    assert one.credentials == {"TOKEN"}
    assert ("vars", "v") in found.members


def test_a_string_without_marks_is_constant() -> None:
    assert parse_template("plain { text }").is_constant
    assert parse_template("$${A}").is_constant
    assert not parse_template("{{ 1 }}").is_constant
    assert not parse_template("${A}").is_constant


def test_random_values_and_times_repeat_with_the_seed_and_the_place() -> None:
    source = "{{ uuid() }} {{ uuid() }} {{ randomInt(1, 10**9) }} {{ [1, 2, 3] | random }}"
    here, again = render(source), render(source)
    elsewhere = parse_template(source).render(scope(), "properties.other")
    another = Scope(ROOTS, seed="e1/t/0/2", now=NOW)

    assert here == again
    assert len({here, elsewhere, parse_template(source).render(another, "properties.message")}) == 3
    first, second = here.split()[:2]
    assert first != second
    assert first[14] == "4"


def test_items_with_an_index_get_ids_of_their_own() -> None:
    expression = parse_expression("uuid()")
    ids = [expression.evaluate(scope().with_locals(item=1, index=index)) for index in (0, 1, 0)]

    assert ids[0] == ids[2] != ids[1]


def test_random_integers_include_both_ends() -> None:
    drawn = {render("{{ range(64) | map('string') | join }}{{ randomInt(1, 3) }}")[-1]} | {
        str(parse_expression("randomInt(1, 3)").evaluate(scope().with_locals(index=index)))
        for index in range(50)
    }

    assert drawn == {"1", "2", "3"}


def test_now_is_written_in_utc() -> None:
    local = Scope({}, "s", datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))))

    assert parse_expression("now()").evaluate(local) == "2025-12-31T23:00:00.000Z"


def test_variables_are_rendered_when_they_are_read() -> None:
    variables = LazyVariables(
        {"greeting": "Hi {{ vars.name }}", "name": "{{ inputs.who }}", "bad": "{{ nope }}", "n": 1},
        scope(),
    )
    with_vars = scope().with_locals(vars=variables)

    assert parse_template("{{ vars.greeting }}").render(with_vars, "p") == "Hi Ada"
    assert parse_template("{{ vars['n'] + vars.n }}").render(with_vars, "p") == 2
    assert parse_template("{{ vars.zip is undefined }}").render(with_vars, "p") is True
    assert len(variables) == 4
    with refusal(TemplateError, match=r"in variables.bad: 'nope' is undefined"):
        parse_template("{{ vars.bad }}").render(with_vars, "p")


def test_all_variables_together_are_a_plain_map() -> None:
    variables = LazyVariables({"a": "{{ 1 }}"}, scope())

    result = parse_template("{{ [vars, vars.a] }}").render(scope(vars=variables), "p")

    assert result == [{"a": 1}, 1]
    assert type(result[0]) is dict
    assert parse_template("{{ vars }}").render(scope(vars=variables), "p") == {"a": 1}


def test_variables_that_read_each_other_are_an_error() -> None:
    variables = LazyVariables({"a": "{{ vars.b }}", "b": "{{ vars.a }}"}, scope())

    with refusal(TemplateError, match="read each other: a -> b -> a"):
        variables["a"]


def test_a_lone_credential_keeps_its_type_and_others_are_joined() -> None:
    stored = {"TOKEN": "t{{ 1 }}${TOKEN}", "DB": {"user": "u", "port": 5432}}
    with_credentials = Scope(ROOTS, "s", NOW, stored.get)

    def rendered(source: str) -> Any:
        return parse_template(source).render(with_credentials, "properties.x")

    assert rendered("${DB}") == stored["DB"]
    assert rendered("${DB.port}") == 5432
    assert rendered("Bearer ${TOKEN}") == "Bearer t{{ 1 }}${TOKEN}"
    assert rendered("$${TOKEN} ${token} ${9} {{ '${TOKEN}' }}") == "${TOKEN} ${token} ${9} ${TOKEN}"
    for source, reason in (
        ("${NONE}", f'credential "NONE" not found{NO_CREDENTIALS}'),
        ("${DB.nope}", 'credential "DB" has no field "nope"'),
        ("${TOKEN.nope}", 'credential "TOKEN" has no field "nope"'),
    ):
        with pytest.raises(TemplateError) as caught:
            rendered(source)
        assert told(caught.value) == f"template error in properties.x: {reason}"


def test_where_credentials_are_not_allowed_they_stay_text() -> None:
    assert render("${TOKEN} ${A.b}") == "${TOKEN} ${A.b}"


def test_what_a_template_yields_is_not_scanned_again() -> None:
    body = {"text": "${DB_PASSWORD} {{ 1 + 1 }} {% x %}"}
    with_credentials = Scope({"inputs": body}, "s", NOW, {"DB_PASSWORD": "secret"}.get)

    rendered = parse_template("{{ inputs.text }} / ${DB_PASSWORD}").render(with_credentials, "p")

    assert rendered == "${DB_PASSWORD} {{ 1 + 1 }} {% x %} / secret"


def test_an_error_without_a_place_says_no_place() -> None:
    with pytest.raises(TemplateError) as caught:
        parse_expression("nope").evaluate(scope())

    assert told(caught.value) == "template error: 'nope' is undefined"


def test_a_value_that_is_not_json_is_an_error() -> None:
    for source in ("{{ x }}", "{{ [x] }}", "a {{ x }}", "{{ x | json }}", "{{ x + 1 }}"):
        assert "not JSON" in failure(source, x=object())
    assert failure("{{ x }}", x={1: 2}).endswith("a map has a key that is not text")


def test_an_unforeseen_error_is_still_a_template_error() -> None:
    class Broken(dict[str, Any]):
        def __contains__(self, key: object) -> bool:
            raise OSError

    assert failure("{{ x.y }}", x=Broken()).endswith("cannot be evaluated (OSError)")


def test_the_budget_of_a_scope_is_shared_by_its_copies() -> None:
    first = Scope(ROOTS, "s", NOW, budget=Budget(size=10))
    second = first.with_locals(item=1)
    expression = parse_expression("'12345'")

    expression.evaluate(first)

    with refusal(TemplateError, match="too large together"):
        expression.evaluate(second)


@pytest.mark.parametrize(
    ("source", "paths", "tested"),
    [
        ("{{ outputs.a.rows[0].id }}", ["outputs.a", "outputs.a.rows"], []),
        ("{{ outputs['a b'].rows[i] }}", ["outputs.a b", "outputs.a b.rows"], []),
        ("{{ inputs.a | default(inputs.b) }}", ["inputs.b"], []),
        ("{{ inputs.a.b.c | d(1) }}", [], []),
        ("{{ inputs.a.b is defined and inputs.a.b }}", ["inputs.a", "inputs.a.b"], ["inputs.a.b"]),
        ("{{ inputs.a[0].b is undefined }}", [], ["inputs.a"]),
        ("{{ 'x' in inputs.a and 'y' not in vars }}", ["inputs.a"], ["inputs.a.x", "vars.y"]),
        ("{{ 'x' ~ inputs }}", [], []),
        ("{{ r.a.b.c }}", ["r.a", "r.a.b", "r.a.b.c"], []),
    ],
)
def test_the_paths_that_a_template_reads_and_asks_for_are_known(
    source: str, paths: list[str], tested: list[str]
) -> None:
    found = parse_template(source).references

    assert sorted(".".join(path) for path in found.paths) == paths
    assert sorted(".".join(path) for path in found.tested) == tested


def test_braces_that_are_no_template_are_written_as_text_in_one() -> None:
    template = parse_template("a {{ '{{' }} b {{ '}}' }} {{ '{% raw %} {# x #}' }}")

    assert template.render(scope(), "x") == "a {{ b }} {% raw %} {# x #}"
