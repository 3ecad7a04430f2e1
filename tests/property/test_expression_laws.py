"""Laws of templates: literals, native types, text, truth, one pass, filters that undo others."""

import ast
import json
import operator
from datetime import UTC, datetime
from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from shared.expressions import Scope, is_true, parse_expression, parse_template, render_tree
from shared.expressions.values import json_size, measure, text
from shared.flows.source.reader import read_source
from shared.json_text import identity

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**1000), 2**1000)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.sampled_from(["{{ 1 }}", "${A}", "}}", "{% x %}", "{#", "$${A}", "0", "false", "'", '"'])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
# What YAML 1.1 takes for numbers, dates, directives or structure.
FRAGMENTS_OF_YAML = st.from_regex(r"[-+]?[0-9._:eExXob+-]{1,8}", fullmatch=True) | st.sampled_from(
    ["=", "<<", "~", "---", "...", "? a", "- a", "a: b", "a #b", "\x85", "\u2028", "\ufeff", "y"]
)
TOO_MANY_DIGITS_FOR_A_FLOW = "a number has at most 100 digits; quote it to make it text"
SMALL = st.integers(-9, 9)


def scope(**roots: Any) -> Scope:
    return Scope(roots, "seed", NOW, {"A": "{{ 1 }} ${A}"}.get)


def render(source: str, **roots: Any) -> Any:
    return parse_template(source).render(scope(**roots), "p")


def same(left: Any, right: Any) -> bool:
    return json.dumps(left) == json.dumps(right)


@given(JSON)
def test_a_json_text_in_braces_is_its_value(value: Any) -> None:
    assert same(render("{{ " + json.dumps(value) + " }}"), value)
    assert same(render("{{\n" + json.dumps(value, ensure_ascii=False, indent=1) + "}}"), value)


@given(JSON)
def test_a_lone_expression_keeps_the_native_type(value: Any) -> None:
    assert same(render("{{ x }}", x=value), value)
    assert same(render("  {{ y.x }}\n", y={"x": value}), value)


@given(JSON, TEXT)
def test_joined_text_holds_each_value_as_text(value: Any, before: str) -> None:
    plain = before.replace("{", "").replace("$", "")

    assert render(plain + "|{{ x }}{{ x }}", x=value) == f"{plain}|{text(value)}{text(value)}"


@given(JSON)
def test_truth_is_one_everywhere(value: Any) -> None:
    known = value not in (0, "", "0", "false", None, [], {})

    assert is_true(value) is known
    for source in ("x", "not not x", "true if x else false", "[x] | select | length == 1"):
        assert parse_expression(source).is_true(scope(x=value)) is known


@given(JSON)
def test_a_tree_without_marks_is_rendered_to_itself(value: Any) -> None:
    marked = any(mark in json.dumps(value) for mark in ("{{", "${", "{%", "{#"))

    assert marked or same(render_tree(value, scope(), "p"), value)


@given(TEXT, TEXT)
def test_what_is_put_in_is_never_read_as_a_template(body: str, word: str) -> None:
    body = f"{body}{{{{ 1 }}}}${{A}}{{% if %}}{word}"

    assert render("{{ x }}", x=body) == body
    assert render("{{ x }}/${A}", x=body) == f"{body}/{{{{ 1 }}}} ${{A}}"
    assert render_tree(["{{ x }}", {"a": "{{ [x] }}"}], scope(x=body), "p") == [
        body,
        {"a": [body]},
    ]


@given(st.sampled_from(["uuid()", "randomInt(0, 10**6)", "now()", "range(99) | random"]), TEXT)
def test_the_same_seed_and_place_give_the_same_values(source: str, place: str) -> None:
    template = parse_template("{{ [" + f"{source}, {source}" + "] }}")

    assert template.render(scope(), place) == template.render(scope(), place)


@given(st.lists(st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,10}", fullmatch=True), max_size=4))
def test_constant_reads_are_known(names: list[str]) -> None:
    source = " ".join(f"{{{{ (outputs[{name!r}].x | d('')) ~ 'outputs.no' }}}}" for name in names)

    assert parse_template(source).reads == set(names)


@given(JSON)
def test_encodings_are_undone_by_their_decodings(value: Any) -> None:
    assert identity(render("{{ x | json | fromjson }}", x=value)) == identity(value)
    assert identity(render("{{ x | json(3) | fromjson }}", x=value)) == identity(value)
    written = text(value)
    assert render("{{ x | base64encode | base64decode }}", x=written) == written
    assert render("{{ x | urlencode | urldecode }}", x=written) == written


@given(JSON | FRAGMENTS_OF_YAML)
@example(5e-324)
@example(1e16)
@example({"y": "=", "1:20": ["0o7", "\x85", "- a"]})
def test_yaml_says_what_the_value_says_to_readers_of_its_old_and_new_version(value: Any) -> None:
    written = render("{{ x | yaml }}", x={"v": value})
    flow = read_source(written)

    assert identity(yaml.safe_load(written)) == identity({"v": value})
    if not flow.problems:
        assert flow.root is not None
        assert identity(flow.root.value) == identity({"v": value})
    assert {problem.message for problem in flow.problems} <= {TOO_MANY_DIGITS_FOR_A_FLOW}


@given(JSON)
def test_the_measure_of_a_value_is_close_to_its_size(value: Any) -> None:
    exact = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    assert measure(value) <= exact <= 6 * measure(value)
    assert json_size(value) == measure(value)


@st.composite
def arithmetic(draw: st.DrawFn, depth: int = 3) -> str:
    if not depth or draw(st.booleans()):
        return f"({draw(SMALL)})"
    left, right = draw(arithmetic(depth - 1)), draw(arithmetic(depth - 1))
    operation = draw(st.sampled_from(["+", "-", "*", "==", "<", ">=", "!="]))
    return f"({left} {operation} {right})"


def is_equal(left: Any, right: Any) -> bool:
    """Equal as JSON is: true is not 1, as it is in Python."""
    return (type(left) is bool) == (type(right) is bool) and left == right


def calculated(tree: ast.expr) -> Any:
    operations: dict[type, Any] = {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Eq: is_equal,
        ast.Lt: operator.lt,
        ast.GtE: operator.ge,
        ast.NotEq: lambda left, right: not is_equal(left, right),
    }
    match tree:
        case ast.BinOp(left, operation, right) | ast.Compare(left, [operation], [right]):
            return operations[type(operation)](calculated(left), calculated(right))
        case _:
            return ast.literal_eval(tree)


@given(arithmetic())
@example("((0) + (((0) + (0)) == ((0) < (0))))")
def test_arithmetic_is_pythons(source: str) -> None:
    assert render("{{ " + source + " }}") == calculated(ast.parse(source, mode="eval").body)


@given(st.lists(SMALL, max_size=6), SMALL, SMALL, SMALL.filter(bool))
def test_slices_and_orders_are_pythons(items: list[int], start: int, end: int, step: int) -> None:
    assert render(f"{{{{ x[{start}:{end}:{step}] }}}}", x=items) == items[start:end:step]
    assert render(f"{{{{ x | slice({start}, {end}) }}}}", x=items) == items[start:end]
    assert render("{{ x | sort }}", x=items) == sorted(items)
    assert render(f"{{{{ range({start}, {end}, {step}) }}}}") == list(range(start, end, step))
