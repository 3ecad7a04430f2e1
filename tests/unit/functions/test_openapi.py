"""What routes take: the values that the document names, and none that merely look like them."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from functions.openapi import apps
from shared.errors import InvalidRequestError
from shared.validation import parse_body

Model = Any
LOOKS_TRUE = (1, 1.0, "true", "1", "yes", "on", "t", "y")
"""What pydantic takes for true unless it is told not to."""


def model_in(annotation: Any) -> Model:
    """The model of a body, out of what a route says of it."""
    if isinstance(annotation, type):
        return annotation
    return model_in(get_args(annotation)[0])


def models() -> Iterator[tuple[str, Model]]:
    for _, app in apps():
        for route in (*app._static_routes, *app._dynamic_routes):
            for field in route.dependant.body_params:
                yield route.func.__name__, model_in(field.type_)


FLAGS = [
    pytest.param(model, name, id=f"{route}-{name}")
    for route, model in models()
    for name, schema in model.model_json_schema()["properties"].items()
    if {"type": "boolean"} in [{"type": each.get("type")} for each in schema.get("anyOf", [schema])]
]


def test_there_are_flags_to_try() -> None:
    assert {each.id for each in FLAGS} >= {"log_out-everywhere", "replace_user-disabled"}


@pytest.mark.parametrize("value", LOOKS_TRUE)
@pytest.mark.parametrize(("model", "name"), FLAGS)
def test_a_flag_in_a_body_is_true_or_false(model: Model, name: str, value: object) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse_body(model, {name: value})

    said = {problem.path: problem.message for problem in refused.value.problems}
    assert said[name].startswith("must be true or false, not a ")
