"""Properties are checked against their manifest, before and after templates are rendered."""

from typing import Any

import pytest

from shared.json_schema.messages import join_path
from shared.plugins.properties import (
    apply_defaults,
    deferred_properties,
    validate_properties,
    validate_written_properties,
)
from shared.plugins.registry import find
from shared.plugins.sdk.plugin import Manifest
from tests.support.errors import told


def manifest(plugin_id: str) -> Manifest:
    plugin = find(plugin_id)
    assert plugin is not None
    return plugin.manifest


def made(properties: dict[str, Any], **more: Any) -> Manifest:
    schema = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    return Manifest(
        id="test.made",
        name="Made",
        category="core",
        description="For tests.",
        input_schema=schema,
        output_schema={"type": "object"},
    )


def is_template(text: str) -> bool:
    return "{{" in text


@pytest.mark.parametrize(
    ("plugin_id", "properties", "path", "message"),
    [
        ("util.log", {}, ("message",), "message is required"),
        (
            "util.log",
            {"message": "x", "mesage": 1},
            ("mesage",),
            'unknown property "mesage", did you mean "message"?',
        ),
        ("util.log", {"message": "x", "zz": 1}, ("zz",), 'unknown property "zz"'),
        (
            "util.log",
            {"message": "x", "level": "LOUD"},
            ("level",),
            "level must be one of TRACE, DEBUG, INFO, WARN, ERROR",
        ),
        ("core.set", {"values": [1]}, ("values",), "values must be a map, not a list"),
        (
            "flow.if",
            {"condition": 4},
            ("condition",),
            "condition must be a string or true or false, not a number",
        ),
        ("flow.foreach", {"items": 4}, ("items",), "items must be a list or a map, not a number"),
        (
            "flow.parallel",
            {"concurrency": -1},
            ("concurrency",),
            "concurrency must be at least 0",
        ),
        (
            "flow.parallel",
            {"concurrency": 1.5},
            ("concurrency",),
            "concurrency must be a whole number, not one with a fraction",
        ),
        ("flow.subflow", {}, (), "flowId or namespace and name is required"),
        ("flow.wait", {}, (), "duration or until is required"),
        (
            "flow.wait",
            {"duration": 1, "until": "2030-01-01T00:00:00Z"},
            (),
            "only one of duration or until may be given",
        ),
        (
            "flow.gate",
            {"message": "ok?", "escalate": [{"after": "1h", "to": "boss"}, {"after": "1h"}]},
            ("escalate", 1, "to"),
            "escalate[1].to is required",
        ),
    ],
)
def test_a_wrong_property_is_named_in_a_sentence(
    plugin_id: str, properties: dict[str, Any], path: tuple[str | int, ...], message: str
) -> None:
    found = validate_properties(manifest(plugin_id), properties)

    assert [(each.path, told(each)) for each in found] == [(path, message)]


@pytest.mark.parametrize("value", ["1q", -1, "", "P1Y"])
def test_a_bad_duration_is_refused(value: Any) -> None:
    [found] = validate_properties(manifest("flow.wait"), {"duration": value})

    assert found.path == ("duration",)
    assert told(found).startswith("duration: ")


def test_every_error_is_reported_at_once() -> None:
    found = validate_properties(manifest("util.log"), {"level": 5, "extra": 1})

    assert {each.path for each in found} == {("level",), ("message",), ("extra",)}


def test_good_properties_have_no_errors() -> None:
    assert validate_properties(manifest("util.log"), {"message": None, "level": "WARN"}) == []


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"const": 4}, 5, "it must be 4"),
        ({"pattern": "^a+$"}, "b", 'it must match the pattern "^a+$"'),
        ({"pattern": "^a+$", "x-words": "all a"}, "b", "it must be all a"),
        ({"pattern": "^a+$", "x-words": 1}, "b", 'it must match the pattern "^a+$"'),
        ({"format": "email"}, "b", 'it must be of the format "email"'),
        ({"maximum": 4}, 5, "it must be at most 4"),
        ({"exclusiveMinimum": 5}, 5, "it must be more than 5"),
        ({"exclusiveMaximum": 5}, 5, "it must be less than 5"),
        ({"multipleOf": 2}, 5, "it must be a multiple of 2"),
        ({"minLength": 2}, "b", "it must have at least 2 characters"),
        ({"maxLength": 2}, "bcd", "it must have at most 2 characters"),
        ({"minItems": 1}, [], "it must have at least 1 items"),
        ({"maxItems": 1}, [1, 2], "it must have at most 1 items"),
        ({"minProperties": 1}, {}, "it must have at least 1 keys"),
        ({"maxProperties": 0}, {"a": 1}, "it must have at most 0 keys"),
        ({"uniqueItems": True}, [1, 1.0], "it must not repeat an item"),
        ({"not": {}}, 1, 'it does not satisfy "not" of its schema'),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            1,
            "it has none of the forms that are allowed here",
        ),
    ],
)
def test_each_keyword_has_its_sentence(schema: Any, value: Any, message: str) -> None:
    found = validate_properties(made({"it": schema}), {"it": value})

    assert [(each.path, told(each)) for each in found] == [(("it",), message)]


def test_messages_do_not_quote_values() -> None:
    found = validate_properties(made({"token": {"type": "integer"}}), {"token": "hunter2"})

    assert len(found) == 1
    assert "hunter2" not in told(found[0])


@pytest.mark.parametrize(
    ("plugin_id", "properties"),
    [
        ("core.set", {"values": "{{ inputs.all }}"}),
        ("util.log", {"message": "x", "level": "{{ inputs.level }}"}),
        ("flow.wait", {"duration": "{{ inputs.long }}"}),
        ("flow.foreach", {"items": "{{ outputs.a.list }}", "concurrency": "{{ inputs.n }}"}),
    ],
)
def test_a_template_may_become_anything(plugin_id: str, properties: dict[str, Any]) -> None:
    assert validate_written_properties(manifest(plugin_id), properties, is_template) == []


@pytest.mark.parametrize(
    ("plugin_id", "properties", "path"),
    [
        ("core.set", {"values": "text"}, ("values",)),
        ("util.log", {"level": "{{ x }}"}, ("message",)),
        ("util.log", {"message": "a", "nope": "{{ x }}"}, ("nope",)),
    ],
)
def test_what_no_template_can_mend_is_an_error_when_written(
    plugin_id: str, properties: dict[str, Any], path: tuple[str | int, ...]
) -> None:
    found = validate_written_properties(manifest(plugin_id), properties, is_template)

    assert [each.path for each in found] == [path]


@pytest.mark.parametrize(
    ("value", "count"), [(["a", "{{ x }}"], 0), ({"k": ["{{ x }}"]}, 0), (["a", 1], 1)]
)
def test_rules_over_a_whole_value_wait_for_its_templates(value: Any, count: int) -> None:
    whole = made({"it": {"enum": [["a", "b"]]}})

    assert len(validate_written_properties(whole, {"it": value}, is_template)) == count


def test_a_deferred_property_is_checked_as_it_stands() -> None:
    closed = made({"by": {"type": "integer", "x-deferred": True}})

    assert len(validate_written_properties(closed, {"by": "{{ item.age }}"}, is_template)) == 1


def test_deferred_properties_are_those_the_manifest_marks() -> None:
    assert deferred_properties(manifest("flow.if")) == {"condition"}
    assert deferred_properties(manifest("util.log")) == frozenset()


def test_defaults_fill_what_is_absent_only() -> None:
    assert apply_defaults(manifest("util.log"), {"message": 1}) == {"message": 1, "level": "INFO"}
    assert apply_defaults(manifest("util.log"), {"level": None})["level"] is None


@pytest.mark.parametrize(
    ("path", "text"), [((), ""), (("a", "b"), "a.b"), (("rows", 2, "n"), "rows[2].n")]
)
def test_paths_are_written_as_people_do(path: tuple[str | int, ...], text: str) -> None:
    assert join_path(path) == text


def test_of_many_problems_the_first_two_hundred_are_told():
    found = validate_properties(manifest("util.math"), {"operation": "sum", "values": [[]] * 1000})

    assert len(found) == 200


def test_whom_a_gate_may_name_is_told_in_words() -> None:
    properties = {"message": "?", "approvers": ["ana", "role:manager"]}

    (found,) = validate_properties(manifest("flow.gate"), properties)

    assert found.message.unmasked() == (
        "approvers[1] must be a username, group:NAME, client:NAME or role: with one of "
        "participant, viewer, executor, editor, admin"
    )
