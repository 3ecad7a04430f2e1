"""Docstrings say first what a thing is or does, so that a reader need not untangle a question."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TREES = ("shared", "functions", "infra", "benchmarks")
RIDDLES = frozenset(
    {"what", "which", "how", "when", "whether", "where", "whoever", "who"}
    | {"whose", "whom", "why", "whatever", "whichever"}
)
MODULES = [path for tree in TREES for path in sorted((ROOT / tree).rglob("*.py"))]


def docstrings(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of every docstring, those after constants and attributes included."""
    for node in ast.walk(module):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text


def first_word(text: str) -> str:
    """Return the first word in lower case, without quotes round it; empty if there is none."""
    words = text.split(maxsplit=1)
    return words[0].strip("`'\"*.,:;").partition("'")[0].lower() if words else ""


def riddles(source: str, name: str) -> list[str]:
    """Return a message with file and line for each docstring that begins with a question word."""
    return [
        f'{name}:{line} begins with "{text.split(maxsplit=1)[0]}"'
        for line, text in docstrings(ast.parse(source))
        if first_word(text) in RIDDLES
    ]


def weak_opening(source: str, name: str) -> str | None:
    """Return a message if a module has no docstring, or one with an unfinished first line."""
    text = ast.get_docstring(ast.parse(source))
    if not text:
        return f"{name}:1 has no docstring"
    if not text.partition("\n")[0].endswith((".", ":")):
        return f"{name}:1 has a first line that ends in neither a period nor a colon"
    return None


def test_no_docstring_begins_with_a_question_word() -> None:
    found = [
        message
        for path in MODULES
        for message in riddles(path.read_text(), str(path.relative_to(ROOT)))
    ]

    assert not found, "\n".join(found)


def test_each_module_says_in_its_first_line_why_it_exists() -> None:
    openings = (weak_opening(path.read_text(), str(path.relative_to(ROOT))) for path in MODULES)
    found = [message for message in openings if message]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("tree", TREES)
def test_each_tree_is_read(tree: str) -> None:
    assert any(path.is_relative_to(ROOT / tree) for path in MODULES)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('"""What is here."""\n', 1),
        ('class A:\n    """Who acts."""\n', 2),
        ('def f():\n    """Whether it holds."""\n', 2),
        ('async def f():\n    """\n    When it ends."""\n', 2),
        ('X = 1\n"""How many."""\n', 2),
        ('class A:\n    def __init__(self):\n        self.x = 1\n        """Where."""\n', 4),
    ],
)
def test_a_question_word_is_found_in_every_kind_of_docstring(source: str, line: int) -> None:
    (message,) = riddles(source, "a.py")

    assert message.startswith(f"a.py:{line} begins with ")


@pytest.mark.parametrize(
    "source", ['"""Whole numbers."""\n', '"""The keys, and where they are."""']
)
def test_other_words_are_free(source: str) -> None:
    assert riddles(source, "a.py") == []


@pytest.mark.parametrize(
    "source", ["", "x = 1\n", '""" """\n', '"""No end"""\n', '"""Cut in\ntwo."""\n']
)
def test_a_module_without_a_whole_first_line_is_found(source: str) -> None:
    assert (weak_opening(source, "a.py") or "").startswith("a.py:1 has ")


@pytest.mark.parametrize("source", ['"""A map."""\n', '"""The keys:\n\n* one\n"""\n'])
def test_a_whole_first_line_is_enough(source: str) -> None:
    assert weak_opening(source, "a.py") is None
