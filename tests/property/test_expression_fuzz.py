"""Whatever a template says, it yields bounded JSON in bounded time or raises a template error.

`HEADRACE_FUZZ_EXAMPLES` sets how many templates each test tries.
"""

import ast
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from inspect import Parameter, signature
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import shared.expressions
from shared.expressions import (
    Budget,
    LazyVariables,
    Scope,
    TemplateError,
    TemplateSyntaxError,
    parse_expression,
    parse_template,
    references,
    render_tree,
)
from shared.expressions.filters import FILTERS
from shared.expressions.functions import FUNCTIONS
from shared.expressions.predicates import TESTS
from tests.support.errors import told

MIB = 1024 * 1024
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ATTRIBUTES = ["__class__", "__mro__", "__globals__", "__subclasses__", "real", "items", "format"]


class TouchedError(BaseException):
    """No `except Exception` hides it."""


class Trap:
    """A value whose attributes must never be read, in whatever a scope may hold by mistake."""

    def __getattribute__(self, name: str) -> Any:
        raise TouchedError(name)


def scope(clock: Callable[[], float]) -> Scope:
    roots: dict[str, Any] = {
        "outputs": {"a": {"n": 3, "s": "text\ud800é", "l": [3, "x", None, {"k": 1}]}, "b": {}},
        "inputs": {"trap": Trap(), "traps": [Trap(), {"k": Trap()}], "big": 10**400, "f": 1e308},
        "item": {"name": "n", "rows": [{"k": i, "v": str(i)} for i in range(50)]},
        "execution": {"startedAt": "2026-01-01T00:00:00Z"},
    }
    known = Scope(roots, "seed", NOW, {"A": "${A}"}.get, Budget(clock=clock))
    return known.with_locals(vars=LazyVariables({"v": "{{ vars.w }}", "w": "{{ vars.v }}"}, known))


NAMES = st.sampled_from(["outputs", "inputs", "item", "vars", "nope", "execution", "null"])
LITERALS = st.sampled_from(
    [
        "0",
        "1",
        "-1",
        "2",
        "1000000",
        "10**9",
        "1e308",
        "0.5",
        "''",
        "'a'",
        "'%s'",
        "'%9999d'",
        "'k'",
        "'rows'",
        "'{\"a\": [1]}'",
        "'2026-01-01'",
        "'a' * 100000",
        "'\\ud83d\\ude00'",
        "true",
        "none",
        "[]",
        "{}",
        "[1, 'a']",
        "{'k': 1}",
        "range(30000)",
        "[[0] * 99] * 99",
        "'yyyy-MM-dd'",
        "'%Y'",
        "'2006'",
        "'days'",
        "'upper'",
        "'odd'",
        "'a,b'",
        "'\\n' * 5000",
        "item.rows",
        "outputs.a.l",
        "inputs.trap",
        "inputs.traps",
        "inputs.big",
        "outputs.a.s",
    ]
)
OPERATORS = st.sampled_from(
    ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">=", "and", "or", "in", "not in"]
)
PREFIXES = st.sampled_from(["-", "+", "not "])
FILTER_NAMES = st.sampled_from(sorted(FILTERS))
TEST_NAMES = st.sampled_from(sorted(name for name in TESTS if name.isidentifier()))
FUNCTION_NAMES = st.sampled_from(sorted(FUNCTIONS))
KEYWORDS = st.sampled_from(["attribute=", "default=", "width=", "", "", "", "reverse=", "start="])


def accepted(function: Callable[..., Any], given_already: int) -> tuple[int, int]:
    """Count the arguments that a function needs and takes in order, besides those it has."""
    known = [
        parameter
        for parameter in signature(function).parameters.values()
        if parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    ]
    needed = sum(1 for parameter in known if parameter.default is Parameter.empty)
    return needed - given_already, len(known) - given_already


@st.composite
def calls(
    draw: st.DrawFn,
    listed: Mapping[str, Callable[..., Any]],
    given_already: int,
    inner: st.SearchStrategy[str],
) -> str:
    name = draw(st.sampled_from(sorted(name for name in listed if name.isidentifier())))
    least, most = accepted(listed[name], given_already)
    return f"{name}({', '.join(draw(st.lists(inner, min_size=least, max_size=most)))})"


def extended(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arguments = st.lists(st.builds("{}{}".format, KEYWORDS, inner), max_size=3).map(", ".join)
    return st.one_of(
        st.builds("({} {} {})".format, inner, OPERATORS, inner),
        st.builds("({} | {})".format, inner, FILTER_NAMES),
        st.builds("({} | {})".format, inner, calls(FILTERS, 2, inner)),
        st.builds("({} | {})".format, inner, calls(FILTERS, 2, inner)),
        st.builds("({} is {})".format, inner, calls(TESTS, 2, inner)),
        calls(FUNCTIONS, 1, inner),
        st.builds("({} | {}({}))".format, inner, FILTER_NAMES, arguments),
        st.builds("({} is {} {})".format, inner, TEST_NAMES, inner),
        st.builds("{}({})".format, FUNCTION_NAMES, arguments),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}[{}:{}:{}]".format, inner, inner, inner, inner),
        st.builds("({}).{}".format, inner, st.sampled_from([*ATTRIBUTES, "k", "a", "0"])),
        st.builds("({}{})".format, PREFIXES, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'k': {}, {}: 1}}".format, inner, inner),
    )


EXPRESSIONS = st.recursive(NAMES | LITERALS, extended, max_leaves=8)
PIECES = st.sampled_from(
    [
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "${",
        "$${A}",
        "${A.b}",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "'",
        '"',
        "\\",
        "|",
        ".",
        ",",
        ":",
        "*",
        "**",
        "-",
        "~",
        "=",
        "==",
        "!",
        "<",
        " ",
        "\n",
        "\r\n",
        "is",
        "not",
        "in",
        "if",
        "else",
        "and",
        "loop",
        "self",
        "item",
        "map",
        "1",
        "1.",
        ".5",
        "0x",
        "1_",
        "e9",
        "\x00",
        "é",
        "�",
        "·",
        "\U0001d4b3",
        "_",
        "@",
        "#",
        ";",
        "`",
        "?",
        "/",
        "//",
        "%",
        "&",
    ]
)


def check(source: str) -> None:
    """Render a template every way there is; anything but a template error escapes."""
    looks = count()
    # A thousand looks are a second: an evaluation ends by its clock, the same on every machine.
    known = scope(lambda: next(looks) / 1000)
    try:
        for value in (
            parse_template(source).render(known, "p"),
            render_tree({"a": [source]}, known, "p"),
            parse_expression(source).evaluate(known),
        ):
            written = json.dumps(value, allow_nan=False, ensure_ascii=False)
            assert len(written.encode("utf-8", "surrogatepass")) <= 2 * MIB
        references([source])
    except TemplateSyntaxError as error:
        assert 0 <= error.offset <= len(source)  # noqa: PT017
        assert "cannot be parsed" not in told(error)  # noqa: PT017
    except TemplateError as error:
        assert "cannot be evaluated" not in told(error)  # noqa: PT017
        assert "object at" not in told(error)  # noqa: PT017
    assert next(looks) <= 3 * 1010


TEMPLATES: Mapping[str, st.SearchStrategy[str]] = {
    "expressions": EXPRESSIONS.map("{{{{ {} }}}}".format),
    "joined-texts": st.builds(
        "a {{{{ {} }}}}${{A}}{{{{- {} -}}}} b".format, EXPRESSIONS, EXPRESSIONS
    ),
    "scraps-of-syntax": st.lists(PIECES, max_size=25).map("".join),
    "scraps-in-braces": st.lists(PIECES, max_size=25).map("".join).map("{{{{ {} }}}}".format),
    "texts": st.text(max_size=60),
    "texts-in-braces": st.text(max_size=60).map("{{{{{}}}}}".format),
}


def fuzz(name: str, examples: int) -> None:
    """Check so many templates of a kind, or as many as the environment says."""
    times = settings(
        max_examples=int(os.environ.get("HEADRACE_FUZZ_EXAMPLES", examples)),
        suppress_health_check=[HealthCheck.too_slow],
    )
    times(given(TEMPLATES[name])(check))()


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_escapes_its_bounds(name: str) -> None:
    fuzz(name, 100)


@pytest.mark.proof
@pytest.mark.parametrize("name", TEMPLATES)
def test_none_of_many_templates_escapes_its_bounds(name: str) -> None:
    # A minute in all; expressions take most of it.
    fuzz(name, 2_500 if "expressions" in name or "joined" in name else 5_000)


def test_the_package_calls_nothing_that_reads_attributes_by_name_or_runs_code() -> None:
    forbidden = {"getattr", "hasattr", "setattr", "eval", "exec", "compile", "vars", "__import__"}
    for path in Path(shared.expressions.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in forbidden, f"{path.name}:{node.lineno}"
