"""The text of a flow: what its words mean, where they stand, and which texts are not read."""

import pytest
import yaml

from shared.flows.source.reader import LOADER, read_source
from tests.support.steps import counted_steps


def _value(text: str) -> object:
    source = read_source(text)
    assert source.problems == ()
    assert source.root is not None
    return source.root.value


def _refusal(text: str | bytes) -> str:
    source = read_source(text)
    assert source.root is None
    problem = source.problems[-1]
    return f"{problem.line}:{problem.column} {problem.message}"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("n", "n"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-7", -7),
        ("+7", 7),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.", -1.0),
        (".", "."),
        ("-", [None]),
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("1.2.3", "1.2.3"),
        ("NaN", "NaN"),
    ],
)
def test_a_bare_word_means_what_yaml_1_2_says(written: str, expected: object) -> None:
    found = _value(f"a:\n  {written}\n")

    assert repr(found) == repr({"a": expected})


def test_json_is_read_as_it_is() -> None:
    text = '{"a": "\\ud83d\\ude00 \\u00e9 \\/ \\\\ud83d",\n\t"b": [1.5e3, null, true, -2], "c": {}}'

    found = _value(text)

    assert found == {"a": "😀 é / \\ud83d", "b": [1500.0, None, True, -2], "c": {}}


@pytest.mark.parametrize(
    "text",
    ["\ufeffa: 1", "\ufeffa: 1".encode(), b"a: 1", "---\na: 1\n...\n", "%YAML 1.2\n---\na: 1"],
)
def test_marks_around_the_document_do_not_matter(text: str | bytes) -> None:
    source = read_source(text)

    assert source.problems == ()
    assert source.root is not None
    assert source.root.value == {"a": 1}


def test_keys_are_taken_as_they_are_written() -> None:
    source = read_source("1: a\ntrue: b\n0x1F: c\n'2': d\n")

    assert source.root is not None
    assert source.root.value == {"1": "a", "true": "b", "0x1F": "c", "2": "d"}
    assert [each.is_text for each in (source.root.entries or {}).values()] == [False] * 3 + [True]


def test_a_merge_fills_in_what_is_not_written() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\nd: {'<<': 1}\n"

    found = _value(text)

    assert isinstance(found, dict)
    assert found["c"] == {"x": 3, "y": 1, "z": 2}
    assert found["d"] == {"<<": 1}


def test_an_alias_repeats_its_anchor_the_latest_of_a_name() -> None:
    assert _value("[&x 1, *x, &x 2, *x]") == [1, 1, 2, 2]


def test_an_alias_may_be_a_key() -> None:
    assert _value("[&x k, {*x : 1}]") == ["k", {"k": 1}]


def test_each_value_knows_its_place() -> None:
    source = read_source("a: 1\nb:\n  - x\n  - {c: d}\n")

    assert source.root is not None
    entries = source.root.entries or {}
    items = entries["b"].node.items or ()
    entry = (items[1].entries or {})["c"]
    assert (entries["b"].line, entries["b"].column) == (2, 1)
    assert (items[0].line, items[0].column) == (3, 5)
    assert (entry.line, entry.column, entry.node.line, entry.node.column) == (4, 6, 4, 9)


@pytest.mark.parametrize(
    ("written", "offset", "expected"),
    [
        ("abc", 1, (1, 5)),
        ("&anchor abc", 1, (1, 4)),
        ("'a''bc'", 3, (1, 9)),
        ("'a''bc'", 1, (1, 6)),
        (r'"\tb\x41\u0041\U00000041d"', 5, (1, 28)),
        ('"a\\\n  b"', 1, (1, 4)),
        ("a\n  b", 2, (1, 4)),
        ("|\n    one\n      two\n    three\n", 4, (3, 5)),
        ("|\n    one\n      two\n    three\n", 7, (3, 8)),
        ("|\n\n    one\n", 1, (3, 5)),
        ("|2-\n    one", 2, (2, 5)),
        ("|\r\n    one\r\n    two\r\n", 4, (3, 5)),
        ("&x\n  |\n    one\n", 0, (1, 4)),
        (">\n    one\n    two\n", 4, (1, 4)),
        ("|", 0, (1, 4)),
    ],
)
def test_a_place_inside_a_text_is_found_where_that_is_certain(
    written: str, offset: int, expected: tuple[int, int]
) -> None:
    source = read_source(f"a: {written}")

    assert source.root is not None
    node = (source.root.entries or {})["a"].node
    assert source.position(node, offset) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a: 1\nb: \xff", "2:4 the text is not UTF-8"),
        ("a: b\nc: \x07", "2:4 the character U+0007 is not allowed"),
        ("a: \ud800", "1:4 the character U+D800 is not allowed"),
        ("#" * 262_145, "1:1 the text has 262145 bytes, more than 262144"),
        ("é" * 131_073, "1:1 the text has 262146 bytes, more than 262144"),
        ("[" * 101, "1:101 more than 100 levels"),
        ("- " * 5000, "1:201 more than 100 levels"),
        ("a: &a [*a]", "1:8 the alias *a contains itself"),
        ("a: *a", "1:4 the alias *a names no anchor before it"),
        ("a\n---\nb", "2:1 a flow is one document, here begins a second"),
        ("a:\n  - b\n\t- c", "3:1 YAML syntax: a tab cannot indent, use spaces"),
    ],
)
def test_a_text_that_is_not_read_says_why_and_where(text: str | bytes, expected: str) -> None:
    assert _refusal(text) == expected


def test_aliases_add_to_the_depth() -> None:
    nested = "[" * 60 + "]" * 60

    assert _refusal(f"a: &a {nested}\nb: {'[' * 60}*a") == "2:64 more than 100 levels"


def test_a_bomb_is_refused_before_it_is_expanded() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [
        f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]

    with counted_steps() as steps:
        refusal = _refusal("\n".join(lines))

    assert refusal == "6:14 the aliases expand past 1048576 bytes"
    assert steps.count < 2_000


def test_a_merge_bomb_is_refused_too() -> None:
    lines = ["a: &a {x: y}"]
    lines += [
        f"{b}: &{b} {{<<: [{','.join([f'*{a}'] * 9)}]}}"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    ]

    assert "expand past" in _refusal("\n".join(lines))


@pytest.mark.parametrize(
    ("loader", "expected"),
    [
        (
            LOADER,
            (
                "1:7 YAML syntax: found invalid Unicode character escape code, "
                "while parsing a quoted scalar"
            ),
        ),
        (yaml.SafeLoader, "1:4 half a surrogate pair is no text"),
    ],
)
def test_half_a_surrogate_pair_in_an_escape_is_refused(loader: type, expected: str) -> None:
    (problem,) = read_source('a: "\\ud800"', loader=loader).problems

    assert f"{problem.line}:{problem.column} {problem.message}" == expected


@pytest.mark.parametrize("loader", [LOADER, yaml.SafeLoader])
def test_an_escape_beyond_unicode_is_refused(loader: type) -> None:
    (problem,) = read_source('a: "\\UFFFFFFFF"', loader=loader).problems

    assert problem.message.startswith("YAML syntax: ")
    assert problem.line == 1


def test_both_loaders_find_the_same_places() -> None:
    text = "a: &x 'it''s'\nb:\n  - |\n    é\n  - {c: *x, d: [1, \"e\\n\"]}\n? f\n: >-\n  g\n"

    assert read_source(text, loader=yaml.SafeLoader) == read_source(text, loader=LOADER)


@pytest.mark.parametrize("loader", [LOADER, yaml.SafeLoader])
def test_both_loaders_understand_a_tab(loader: type) -> None:
    (problem,) = read_source("a:\n\t- b\n", loader=loader).problems

    assert problem.message == "YAML syntax: a tab cannot indent, use spaces"
    assert (problem.line, problem.column) == (2, 1)


def test_many_mistakes_are_not_all_listed() -> None:
    assert len(read_source("a: 1\n" * 1000).problems) == 200
