"""Checking values against schemas that strangers wrote."""

from typing import Any

import pytest

from shared.plugins.sdk.plugin import PluginError
from shared.plugins.util.validate import _MAX_WORK, _Bounds
from tests.support.errors import told
from tests.support.plugins import run_plugin, task_context

BACKTRACKER = "^(a+)+$"
EVIL = "a" * 50_000 + "!"


def validate(data: Any, schema: Any, **more: Any) -> Any:
    return run_plugin("util.validate", {"data": data, "schema": schema, **more})


def refusal(data: Any, schema: Any, **more: Any) -> PluginError:
    with pytest.raises(PluginError) as refused:
        validate(data, schema, **more)
    return refused.value


@pytest.mark.parametrize(
    ("data", "schema"),
    [
        ({"n": 1}, {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}),
        ([1, 2], {"items": {"minimum": 1}, "uniqueItems": True}),
        ("2030-01-02", {"format": "date"}),
        ("é", {"pattern": "^é$"}),
        ({"x-a": 1}, {"patternProperties": {"^x-": {}}, "additionalProperties": False}),
        ({"a": 1}, {"unevaluatedProperties": False, "properties": {"a": {}}}),
        (None, {}),
        ({"a": {"a": {}}}, {"additionalProperties": {"$ref": "#"}}),
        ({"type": "string"}, {"$ref": "https://json-schema.org/draft/2020-12/schema"}),
        ("x", {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {}}),
        (19.99, {"multipleOf": 0.01}),
        (0.3, {"multipleOf": 0.1}),
        (4.35, {"multipleOf": 0.05}),
        (1e22, {"multipleOf": 0.01}),
        (1e308, {"multipleOf": 1e-308}),
        (6.0, {"multipleOf": 3}),
        (10**400, {"multipleOf": 0.5}),
        (19.99, {"$schema": "http://json-schema.org/draft-07/schema#", "multipleOf": 0.01}),
        (19.99, {"$schema": "http://json-schema.org/draft-03/schema#", "divisibleBy": 0.01}),
        (True, {"multipleOf": 2}),
        (5.0, {"type": "integer"}),
        ([1, True], {"uniqueItems": True}),
    ],
)
def test_valid_values(data: Any, schema: Any) -> None:
    assert validate(data, schema) == {"valid": True, "errors": []}


@pytest.mark.parametrize(
    ("data", "unit"), [(19.995, 0.01), (7, 2), (7.5, 2), (0.35, 0.1), (1e-9, 1e-8), (3, 0.9)]
)
def test_what_is_no_multiple_as_it_is_written(data: float, unit: float) -> None:
    errors = validate(data, {"multipleOf": unit}, failOnError=False)["errors"]

    assert [each["message"] for each in errors] == [f"the value must be a multiple of {unit}"]


def test_an_invalid_value_fails_the_task_and_keeps_the_errors() -> None:
    schema = {"required": ["name"], "properties": {"age": {"type": "integer"}}}

    error = refusal({"age": "old"}, schema)

    assert error.code == "validation_failed"
    assert told(error) == "the value is not valid: name is required (and 1 more)"
    assert error.outputs["valid"] is False
    assert {each["path"] for each in error.outputs["errors"]} == {"name", "age"}


def test_failing_can_be_left_to_the_flow() -> None:
    outputs = validate({"rows": [{"a": 1}]}, {"type": "array"}, failOnError=False)

    assert outputs == {
        "valid": False,
        "errors": [{"path": "", "message": "the value must be a list"}],
    }


def test_the_place_of_an_error_is_a_path() -> None:
    schema = {"properties": {"rows": {"items": {"additionalProperties": False}}}}

    outputs = validate({"rows": [{}, {"a": 1}]}, schema, failOnError=False)

    assert outputs["errors"] == [{"path": "rows[1].a", "message": 'unknown property "rows[1].a"'}]


def test_at_most_a_hundred_errors_are_listed() -> None:
    outputs = validate([1] * 1_000, {"items": {"type": "string"}}, failOnError=False)

    assert len(outputs["errors"]) == 100


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "strange"}, "schema is wrong"),
        ({"minimum": "1"}, "schema is wrong: minimum must be a number"),
        ({"pattern": "(?=a)"}, "is not supported"),
        ({"pattern": "(a"}, "is not supported"),
        ({"$ref": "https://example.com/schema.json"}, "nothing is fetched"),
        ({"$ref": "http://169.254.169.254/latest"}, "nothing is fetched"),
        ({"$ref": "file:///etc/passwd"}, "nothing is fetched"),
        ({"$ref": "#/$defs/none"}, "nothing is fetched"),
        ({"$ref": "#"}, "refers to itself"),
        (
            {"unevaluatedProperties": False, "allOf": [{"patternProperties": {"a": {}}}]},
            "is not supported",
        ),
    ],
)
def test_a_bad_schema_is_refused_in_a_sentence(schema: Any, message: str) -> None:
    assert message in told(refusal("x", schema))


def test_only_a_map_is_a_schema() -> None:
    assert told(refusal(1, True)) == "schema must be a map"


@pytest.mark.parametrize(
    ("data", "schema"),
    [
        (EVIL, {"pattern": BACKTRACKER}),
        ({EVIL: 1}, {"patternProperties": {BACKTRACKER: False}, "minProperties": 2}),
        ({EVIL: 1}, {"patternProperties": {BACKTRACKER: {}}, "additionalProperties": False}),
        ({EVIL: 1}, {"propertyNames": {"pattern": BACKTRACKER}}),
        (
            [EVIL],
            {
                "items": {
                    "$schema": "https://json-schema.org/draft/2020-12/schema",
                    "pattern": BACKTRACKER,
                }
            },
        ),
        (
            EVIL,
            {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "allOf": [{"pattern": BACKTRACKER}],
            },
        ),
        (
            {"properties": {"a": EVIL}},
            {
                "$ref": "https://json-schema.org/draft/2020-12/schema",
                "$dynamicAnchor": "meta",
                "allOf": [
                    {"properties": {"properties": {"properties": {"a": {"pattern": BACKTRACKER}}}}}
                ],
            },
        ),
    ],
)
def test_patterns_take_linear_time_wherever_they_hide(data: Any, schema: Any) -> None:
    assert validate(data, schema, failOnError=False)["valid"] is False


def test_references_that_multiply_are_stopped() -> None:
    doubled = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]}
        for n in range(40)
    }
    schema = {"$defs": {**doubled, "d40": {}}, "$ref": "#/$defs/d0"}
    left = iter([1.0, 1.0, 1.0])

    with pytest.raises(PluginError) as refused:
        run_plugin(
            "util.validate",
            {"data": 1, "schema": schema},
            task_context(remaining=lambda: next(left, 0.0)),
        )

    assert refused.value.code == "timeout"


def test_deep_data_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]

    assert "nested too deeply" in told(refusal(deep, {"items": {"$ref": "#"}}))


def test_messages_never_quote_the_value() -> None:
    outputs = validate({"token": "hunter2"}, {"properties": {"token": False}}, failOnError=False)

    assert "hunter2" not in str(outputs)
    assert len(outputs["errors"]) == 1


def test_ordinary_nesting_is_no_problem() -> None:
    schema: dict[str, Any] = {"type": "integer"}
    value: Any = 1
    for _ in range(20):
        schema = {"type": "object", "properties": {"a": schema}}
        value = {"a": value}

    assert validate(value, schema)["valid"] is True


@pytest.mark.parametrize("levels", [60, 300, 5_000])
def test_a_schema_nested_without_end_is_refused(levels: int) -> None:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"properties": {"a": schema}}

    assert "nested too deeply" in told(refusal(1, schema))


def test_work_without_end_is_stopped_by_counting_too() -> None:
    bounds = _Bounds(task_context())
    bounds.spend(_MAX_WORK)

    with pytest.raises(PluginError, match="too many steps"):
        bounds.enter()


@pytest.mark.parametrize(
    ("data", "schema"),
    [
        (
            {f"{n}".zfill(20_000): 1 for n in range(110)},
            {"patternProperties": {f"x{n}": {} for n in range(110)}},
        ),
        ([{}] * 1_000, {"items": {"not": {"required": [f"k{n}" for n in range(5_000)]}}}),
        ("a" * 1_000_000, {"allOf": [{"pattern": "^a+$"}] * 300}),
    ],
)
def test_large_data_against_a_large_schema_is_stopped(data: Any, schema: Any) -> None:
    assert refusal(data, schema).code == "too_large"


def test_ten_thousand_ordinary_rows_can_be_checked() -> None:
    row = {"id": 1, "name": "Ana", "tags": ["a"]}
    schema = {"items": {"properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}}

    assert validate([row] * 10_000, schema)["valid"] is True


@pytest.mark.parametrize(
    "schema",
    [
        {"patternProperties": {"a": False}},
        {"additionalProperties": False},
        {"required": ["a"]},
        {"uniqueItems": False},
        {"uniqueItems": True},
        {"pattern": "a"},
        {"x-duration": True},
        {"x-instant": True},
    ],
)
def test_keywords_of_other_types_do_not_matter(schema: dict[str, Any]) -> None:
    assert validate(None, schema)["valid"] is True


def test_additional_properties_may_have_a_schema_of_their_own() -> None:
    schema = {"properties": {"a": {}}, "additionalProperties": {"type": "string"}}

    outputs = validate({"a": 1, "b": 2}, schema, failOnError=False)

    assert outputs["errors"] == [{"path": "b", "message": "b must be a string"}]


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("schema", [{"enum": [nested(5_000)]}, {"type": "string"}])
def test_deep_values_cannot_break_a_comparison_or_a_message(schema: dict[str, Any]) -> None:
    assert "nested too deeply" in told(refusal(nested(5_000), schema))


def test_patterns_of_a_schema_are_compiled_once_each_and_bounded_in_number() -> None:
    schema = {"items": {"allOf": [{"pattern": f"a{{1,{n}}}"} for n in range(1, 200)]}}

    with pytest.raises(PluginError) as refused:
        run_plugin("util.validate", {"data": ["a" * 300], "schema": schema})

    assert refused.value.code == "too_large"


def test_one_pattern_is_charged_once_for_all_items() -> None:
    schema = {"items": {"pattern": "^a+$"}}

    outputs = run_plugin("util.validate", {"data": ["aa"] * 1_000, "schema": schema})

    assert outputs["valid"] is True


def test_looking_into_all_of_a_nested_value_is_charged() -> None:
    nested = [[[0] * 100_000]]
    schema = {"allOf": [{"enum": [nested]}] * 100}

    with pytest.raises(PluginError) as refused:
        run_plugin("util.validate", {"data": nested, "schema": schema})

    assert refused.value.code == "too_large"


@pytest.mark.parametrize(("before", "is_guessed"), [(0, True), (199, True), (200, False)])
def test_a_guess_looks_at_some_names_only(*, before: int, is_guessed: bool) -> None:
    names = [f"{n}" for n in range(before)]
    schema = {
        "properties": {name: {} for name in (*names, "customer")},
        "additionalProperties": False,
    }

    outputs = run_plugin(
        "util.validate", {"data": {"custmer": 1}, "schema": schema, "failOnError": False}
    )

    assert ("did you mean" in outputs["errors"][0]["message"]) is is_guessed


def test_the_items_of_a_list_that_is_too_long_are_not_looked_at() -> None:
    schema = {"items": {"type": "string"}, "maxItems": 2}

    outputs = run_plugin(
        "util.validate", {"data": [1, 2, 3], "schema": schema, "failOnError": False}
    )

    assert [each["message"] for each in outputs["errors"]] == [
        "the value must have at most 2 items"
    ]
