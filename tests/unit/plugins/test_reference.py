"""The rows of tables about task types."""

from typing import Any

import pytest

from shared.json_schema.builders import (
    array,
    boolean,
    choice,
    closed,
    deferred,
    duration,
    instant,
    outputs,
    string,
)
from shared.plugins.reference import Row, kind_of, output_rows, property_rows
from shared.plugins.sdk.plugin import Manifest


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({}, "any"),
        (boolean(""), "boolean"),
        (choice("", "a", "b"), "a, b"),
        (deferred("", type=["string", "boolean"]), "expression"),
        (duration(""), "duration"),
        (instant(""), "time"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "string"}]}, "string or array"),
    ],
)
def test_a_type_is_named_for_people(schema: dict[str, Any], kind: str) -> None:
    assert kind_of(schema) == kind


def test_what_is_inside_maps_and_lists_comes_after_them() -> None:
    inner = closed({"user": string("Who.")}, required=["user"], description="How.")
    manifest = Manifest(
        id="a.b",
        name="A",
        category="core",
        description="",
        input_schema=closed({"auth": inner, "to": array("Whom.", items=inner, default=[])}),
        output_schema=outputs({"x": string("X.", default="a")}),
    )

    assert property_rows(manifest) == (
        Row("auth", "object", is_required=False, default="", description="How."),
        Row("auth.user", "string", is_required=True, default="", description="Who."),
        Row("to", "array", is_required=False, default="[]", description="Whom."),
        Row("to[].user", "string", is_required=True, default="", description="Who."),
    )
    assert output_rows(manifest) == (
        Row("x", "string", is_required=True, default='"a"', description="X."),
    )
