"""Fields by name: the whole name, then the path, and a word on what nothing has."""

from typing import Any

import pytest

from shared.field_paths import ABSENT, FieldPath, no_such_field


@pytest.mark.parametrize(
    ("name", "item", "value"),
    [
        ("a", {"a": None}, None),
        ("a.b", {"a.b": 1, "a": {"b": 2}}, 1),
        ("a.b", {"a": {"b": 2}}, 2),
        ("labels.app.io/name", {"labels": {"app.io/name": "x"}}, "x"),
        ("First Name", {"First Name": 1}, 1),
        ("2024", {"2024": 1}, 1),
        ("rows.1", {"rows": [1, 2]}, 2),
        ("1.a", [{}, {"a": 1}], 1),
        ("1", "ab", "b"),
        ("@type", {"@type": 1}, 1),
        ("$", {"$": 1}, 1),
        ("名前", {"名前": 1}, 1),
        ("٣", {"٣": 1}, 1),
        ("", {"": 1}, 1),
        ("a.", {"a": {"": 1}}, 1),
    ],
)
def test_a_field_is_found_by_its_name_or_path(name: str, item: Any, value: Any) -> None:
    assert FieldPath.of(name).find(item) == value


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("a", {}),
        ("a", 1),
        ("a.b", {"a": None}),
        ("a.b", {"a": "b"}),
        ("5", [1]),
        ("-1", [1]),
        ("\u0660", [1]),
        ("1e1", [1] * 11),
    ],
)
def test_what_is_not_there_is_absent(name: str, item: Any) -> None:
    assert FieldPath.of(name).find(item) is ABSENT


@pytest.mark.parametrize(
    ("name", "value", "steps"),
    [
        ("a.b", {"a.b": 1}, ("a.b",)),
        ("a.b.c", {"a": {"b.c": 1}}, ("a", "b.c")),
        ("a.b", {}, ("a", "b")),
        ("a.0.x.y", {"a": [{"x.y": 1}]}, ("a", "0", "x.y")),
        ("a.5.x", {"a": [1]}, ("a", "5", "x")),
        ("a.b", 1, ("a", "b")),
    ],
)
def test_the_steps_to_write_at_are_those_that_are_there(
    name: str, value: Any, steps: tuple[str, ...]
) -> None:
    assert FieldPath.of(name).names_in(value) == steps


@pytest.mark.parametrize(
    ("name", "items", "message"),
    [
        ("nme", [{"name": 1}], 'no item has a field "nme", did you mean "name"?'),
        (
            "zip",
            [{}, {"z": 2, "name": 1}],
            'no item has a field "zip"; one that is there is "name"',
        ),
        ("a", [1, 2], 'no item has a field "a": item 0 is a number, not a map'),
        ("a", ["b"], 'no item has a field "a": item 0 is a string, not a map'),
        ("a", [None], 'no item has a field "a": item 0 is null, not a map'),
        ("a", [{}], 'no item has a field "a": item 0 is a map without fields'),
        ("x" * 90, [{"y": 1}], f'no item has a field "{"x" * 80}…"; one that is there is "y"'),
    ],
)
def test_what_nothing_has_is_said_with_what_there_is(
    name: str, items: list[Any], message: str
) -> None:
    assert no_such_field(name, items).unmasked() == message


def test_a_message_looks_at_some_items_and_names_only() -> None:
    items = [{f"{number}-{each}": 1 for each in range(1000)} for number in range(1000)]

    assert "did you mean" not in no_such_field("999-999", items).unmasked()
