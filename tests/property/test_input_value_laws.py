"""Any input either round-trips or is refused: nothing of it is lost or turned into another."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInputsError, MalformedBodyError
from shared.executions.inputs import check_inputs
from shared.flows.language.definition import InputDefinition, InputType
from shared.http.bodies import parse_json_object
from shared.json_text import compact, identity

texts = st.text(st.characters())
"""Half surrogates too."""
numbers = st.floats() | st.integers() | st.integers(-(10**320), 10**320)
digits = st.from_regex(r"[-+ ]?[0-9_]{0,25}(\.[0-9]{0,25})?([eE][-+]?[0-9]{1,3})?", fullmatch=True)
scripts = st.text(st.characters(categories=["Nd"]), min_size=1)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts | digits | scripts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=6,
)
kinds = st.sampled_from([each for each in InputType if each is not InputType.ENUM])


def accepted(definition: InputDefinition, value: Any) -> tuple[bool, Any]:
    try:
        return True, check_inputs([definition], {"x": value})["x"]
    except InvalidInputsError:
        return False, None


@given(kinds, values | st.lists(values).map(json.dumps))
def test_an_input_round_trips_or_is_refused(kind: InputType, value: Any) -> None:
    is_accepted, kept = accepted(InputDefinition(name="x", type=kind), value)

    if is_accepted:
        assert identity(json.loads(compact(kept))) == identity(kept)
        assert kept.encode() if isinstance(kept, str) else True
        assert is_the_same(kind, value, kept)


def is_the_same(kind: InputType, given: Any, kept: Any) -> bool:
    if identity(given) == identity(kept):
        return True
    if kind is InputType.ARRAY:
        return identity(json.loads(given)) == identity(kept)
    if kind is InputType.BOOLEAN:
        return bool(given == json.dumps(kept))
    if kind in {InputType.STRING, InputType.SECRET} and isinstance(given, bool):
        return bool(kept == json.dumps(given))
    if kind is InputType.FLOAT and isinstance(kept, float):
        return float(given) == kept
    return Decimal(given) == Decimal(kept)


@given(st.lists(st.none() | st.booleans() | numbers | texts, min_size=1), values)
def test_an_enum_takes_equal_json_only(allowed: list[Any], value: Any) -> None:
    definition = InputDefinition(name="x", type=InputType.ENUM, values=tuple(allowed))

    is_accepted, kept = accepted(definition, value)

    if is_accepted:
        assert identity(kept) in map(identity, allowed)


@given(st.dictionaries(texts, values, max_size=3))
def test_inputs_that_nobody_declared_round_trip_or_are_refused(given_: dict[str, Any]) -> None:
    try:
        kept = check_inputs([], given_)
    except InvalidInputsError:
        return

    assert identity(json.loads(compact(kept))) == identity(given_)


@given(digits)
def test_a_number_of_a_body_keeps_its_digits_or_is_refused(text: str) -> None:
    try:
        value = parse_json_object(f'{{"x": {text}}}')["x"]
    except MalformedBodyError:
        return

    places = len(Decimal(text).as_tuple().digits)
    rounded = Decimal(f"{Decimal(value):.{places - 1}e}")
    assert Decimal(text) in {rounded, Decimal(repr(value))}
