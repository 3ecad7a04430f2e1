"""A law over the source: values never enter a message of an error as part of a string.

An error's sentence is a literal, or an f-string of constants and of words for types. What it quotes
goes apart, into a `Message`, which masks each value whole before it shortens it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKED = """
    shared/plugins shared/expressions shared/json_schema shared/egress shared/times.py
    shared/field_paths.py shared/durations.py shared/flows/language
    shared/executions/tasks shared/executions/engine shared/executions/scheduling
    shared/executions/lifecycle/subflows.py
    shared/executions/bulk/task_types.py shared/people/approvals/gate.py
    shared/people/approvals/gate_properties.py
    """
"""The code that tells what it was given by flows while they run."""
FIRST = """
    TemplateError PluginError InvalidValueError PatternError EgressRefusedError EgressSettingError
    Message invalid _invalid too_large _plain
    """
SENTENCES = {**dict.fromkeys(FIRST.split(), 0), "_wrong": 1, "_numbers": 2}
"""The callables that make messages, with the argument that is the sentence.

In the functions among them that argument is one of their parameters.
"""
WORDS = frozenset({"kind", "_kind", "len", "type_name", "either"})
"""Functions that return words of ours, or a count."""
MESSAGES = frozenset({"Message", "reason", "no_such_field"})
"""Functions that return a Message."""
FLOW_TEXT = {
    "shared/expressions/tokens.py": "refuses the source of a template: the flow's own text",
    "shared/expressions/lexing.py": "refuses the source of a template: the flow's own text",
    "shared/expressions/parsing.py": "refuses the source of a template: the flow's own text",
}
"""Modules whose errors have an offset into what the flow's author wrote, and quote nothing else."""


def sources() -> Iterator[Path]:
    for name in CHECKED.split():
        path = ROOT / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def is_constant_part(part: ast.expr) -> bool:
    if isinstance(part, ast.Constant):
        return True
    if not isinstance(part, ast.FormattedValue) or part.conversion != -1:
        return False
    return is_word(part.value)


def is_word(value: ast.expr) -> bool:
    if isinstance(value, ast.BinOp):
        return is_word(value.left) and is_word(value.right)
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in WORDS
    return isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and value.id.isupper())


def is_sentence(value: ast.expr, local: dict[str, ast.expr]) -> bool:
    """Tell a constant sentence, or a Message, which is checked by itself."""
    if isinstance(value, ast.Name):
        known = value.id in local and is_sentence(local[value.id], {})
        return value.id.isupper() or known
    if isinstance(value, ast.IfExp):
        return is_sentence(value.body, local) and is_sentence(value.orelse, local)
    if isinstance(value, ast.JoinedStr):
        return all(map(is_constant_part, value.values))
    is_of_an_error = isinstance(value, ast.Attribute) and value.attr in {"message", "reason"}
    return isinstance(value, ast.Constant) or is_of_an_error or is_message(value)


def is_message(value: ast.expr) -> bool:
    """Tell a call of `Message`, `Message.of`, and of functions that return one."""
    if not isinstance(value, ast.Call):
        return False
    function = value.func
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and function.value.id == "Message"
    return isinstance(function, ast.Name) and function.id in {*MESSAGES, *WORDS}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Yield functions and methods; those inside others are walked with these."""
    for node in tree.body:
        parts = node.body if isinstance(node, ast.ClassDef) else [node]
        yield from (each for each in parts if isinstance(each, ast.FunctionDef))


def known_in(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """Return what the names in a function stand for, as far as one can see."""
    constant = ast.Constant("")
    parameters = function.args.args if function.name in SENTENCES else []
    given = {each.arg: constant for each in parameters}
    return given | {
        target.id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def faults(path: str, tree: ast.Module) -> Iterator[str]:
    for function in functions(tree):
        known = known_in(function)
        for call in ast.walk(function):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            at = SENTENCES.get(call.func.id, len(call.args))
            for sentence in call.args[at : at + 1]:
                if not is_sentence(sentence, known):
                    yield f"{path}:{call.lineno}: {ast.unparse(call)}"


def test_no_message_holds_a_value_as_part_of_its_string() -> None:
    found = [
        fault
        for path in sources()
        if (name := path.relative_to(ROOT).as_posix()) not in FLOW_TEXT
        for fault in faults(name, ast.parse(path.read_text()))
    ]

    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        'PluginError(f"no flow {flow!r}")',
        'PluginError(f"no flow {MAX!r}")',
        'PluginError(f"no flow {flow[:40]}")',
        'PluginError(str(error), code="x")',
        'invalid("no flow {}".format(flow))',
        'invalid("no flow %s" % flow)',
        'invalid("no flow " + flow)',
        'TemplateError(f"{name}: {error}", place)',
        "TemplateError(sentence)",
        'Message(f"no flow {flow}")',
        'Message("no flow " + flow, x=1)',
        '_wrong("remind", str(error))',
        '_wrong("remind", f"more than {count}")',
    ],
)
def test_the_law_finds_values_in_sentences(source: str) -> None:
    tree = ast.parse(f"def function(flow, error, sentence):\n    raise {source}")

    assert len(list(faults("x.py", tree))) == 1


@pytest.mark.parametrize(
    "source",
    [
        'PluginError("no flow")',
        'PluginError(f"more than {MAX_FLOWS} flows")',
        'PluginError(f"not {kind(value)}, {len(items)} of them")',
        'PluginError(f"larger than {MAX // 1024 // 1024} MiB")',
        "TemplateError(TOO_DEEP, place)",
        "TemplateError(error.reason, place)",
        "invalid(reason(error))",
        'invalid(Message("no flow {flow:80}", flow=flow))',
        'Message("a" if flow else "b", x=flow)',
        '_wrong("remind", Message("{a}", a=flow))',
    ],
)
def test_the_law_lets_constant_sentences_through(source: str) -> None:
    tree = ast.parse(f"def function(flow, error, value, items, place):\n    raise {source}")

    assert list(faults("x.py", tree)) == []


def test_each_exception_is_still_a_module() -> None:
    assert [each for each in FLOW_TEXT if not (ROOT / each).exists()] == []
