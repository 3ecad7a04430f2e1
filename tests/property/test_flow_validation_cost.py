"""The cost of checking a text is bounded, whatever the text is."""

from collections.abc import Callable

import pytest

from tests.support.costs import MAX_COST, cost_of

MAX_TEXT = 256 * 1024
CHECK = """
import json, sys
from shared.flows.validation.validator import check_flow
from tests.support.costs import measured
import jinja2, yaml, re2
check_flow("name: f")
text = json.load(sys.stdin).encode()
with measured():
    check_flow(text)
"""


def lines(head: str, line: Callable[[int], str]) -> str:
    """As many lines as a text may have."""
    found, size = [head], len(head)
    for number in range(MAX_TEXT):
        each = line(number)
        size += len(each)
        if size > MAX_TEXT:
            break
        found.append(each)
    return "".join(found)


def task(number: int, fields: str) -> str:
    values = "properties: {values: {x: 1}}"
    return f"- {{name: t{number}, type: core.set, {values}, {fields}}}\n"


def names(count: int) -> str:
    return ", ".join(f"t{number}" for number in range(count))


TASKS = "name: f\ntasks:\n"
TEXTS = {
    "patterns": lines(
        "name: f\ninputs:\n",
        lambda n: f"- {{name: i{n}, type: STRING, pattern: '(x{{1,1000}}){{1,1}}{n}'}}\n",
    ),
    "a hundred long patterns": lines(
        "name: f\ninputs:\n",
        lambda n: (
            f"- {{name: i{n}, type: STRING, pattern: '{'(x{1,1000}){1,1}' * 58}'}}\n"
            if n < 100
            else "#" * MAX_TEXT
        ),
    ),
    "a hundred patterns of large classes": "name: f\ninputs:\n"
    + "".join(
        f"- {{name: i{n}, type: STRING, pattern: '(\\pL\\PL){{200}}{n}'}}\n" for n in range(100)
    ),
    "directives of a second document": lines("a: 1\n...\n", lambda n: f"%TAG !{n}! a\n"),
    "aliases": lines("x: &a [1, 2]\nname: f\noutputs:\n  o:\n", lambda _: "  - *a\n"),
    "escapes": '{"name": "' + "\\ud83d\\ude00" * (MAX_TEXT // 12 - 10) + '"}',
    "defaults": lines("name: f\ndefaults:\n", lambda n: f"  'util.*{n}': {{message: m}}\n"),
    "keys": lines("name: f\n", lambda n: f"? k{n}\n"),
    "tag directives": lines("", lambda n: f"%TAG !{n}! a\n"),
    "yaml directives": lines("", lambda _: "%YAML 1.2\n"),
    "unknown directives": lines("", lambda n: f"%D{n}\n"),
    "templates": lines("name: f\noutputs:\n", lambda n: f" a{n}: '{{{{ {n} }}}}'\n"),
    "templates that read": lines(
        "name: f\noutputs:\n", lambda n: f" a{n}: '{{{{ outputs.x{n} + vars.y{n} }}}}'\n"
    ),
    "bad templates": lines("name: f\noutputs:\n", lambda n: f" a{n}: '{{{{ {n} + }}}}'\n"),
    "variables": lines("name: f\nvariables:\n", lambda n: f" v{n}: '{{{{ vars.v{n + 1} }}}}'\n"),
    "faulty tasks": lines(
        "name: f\ntasks:\n", lambda n: f"- {{name: t{n}, tipe: x, when: '{n}+'}}\n"
    ),
    "tasks that read": lines(TASKS, lambda n: task(n, f"when: 'outputs.t{n + 1}.x == 1'")),
    "dependencies": lines(TASKS, lambda n: task(n, f"dependsOn: [{names(n)}]")),
    "brackets": "[" * MAX_TEXT,
    "levels": "name: f\ntasks:\n" + "[" * 90 + "1," * 100_000 + "]" * 90,
    "one template": "name: f\noutputs: {x: '{{ " + "1+" * 32_000 + "1 }}'}",
    "labels": lines("name: f\nlabels:\n", lambda n: f" l{n}: {n}\n"),
    "unknown fields": lines("name: f\n", lambda n: f"f{n}: 1\n"),
    "duplicate fields": lines("name: f\n", lambda _: "a: 1\n"),
    "numbers": "name: f\noutputs: {x: " + "9" * 250_000 + "}",
    "values": "name: f\ninputs: [{name: i, type: ENUM, values: [" + "a," * 120_000 + "b]}]",
}


@pytest.mark.proof
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_check_of_a_text_is_short(text: str):
    assert cost_of(CHECK, text) <= MAX_COST
