"""The tests: what may follow `is`, and what `select` and its kin may name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from shared.expressions import operators
from shared.expressions.functions import whole
from shared.expressions.scope import Run
from shared.expressions.values import Json, is_map, is_number
from shared.field_paths import ABSENT
from shared.json_text import whole_number


def defined(_: Run, value: Json, /) -> bool:
    return value is not ABSENT


def undefined(_: Run, value: Json, /) -> bool:
    return value is ABSENT


def odd(_: Run, value: Json, /) -> bool:
    return whole(value) % 2 == 1


def even(_: Run, value: Json, /) -> bool:
    return whole(value) % 2 == 0


def divisible_by(run: Run, value: Json, num: Json, /) -> bool:
    return bool(operators.modulo(run, whole(value), whole(num)) == 0)


def is_none(_: Run, value: Json, /) -> bool:
    return value is None


def boolean(_: Run, value: Json, /) -> bool:
    return type(value) is bool


def is_false(_: Run, value: Json, /) -> bool:
    return value is False


def is_true(_: Run, value: Json, /) -> bool:
    return value is True


def integer(_: Run, value: Json, /) -> bool:
    """Tell a whole number, 5.0 too, as JSON Schema does."""
    return whole_number(value) is not None


def is_float(_: Run, value: Json, /) -> bool:
    return type(value) is float


def number(_: Run, value: Json, /) -> bool:
    return is_number(value) and type(value) is not bool


def string(_: Run, value: Json, /) -> bool:
    return type(value) is str


def mapping(_: Run, value: Json, /) -> bool:
    return is_map(value)


def sequence(_: Run, value: Json, /) -> bool:
    return type(value) in (str, list) or is_map(value)


def lower(run: Run, value: Json, /) -> bool:
    return run.text(value).islower()


def upper(run: Run, value: Json, /) -> bool:
    return run.text(value).isupper()


def same_as(run: Run, value: Json, other: Json, /) -> bool:
    return operators.equal(run, value, other)


_COMPARISONS = {
    operators.equal: ("==", "eq", "equalto"),
    operators.unequal: ("!=", "ne"),
    operators.less: ("<", "lt", "lessthan"),
    operators.less_or_equal: ("<=", "le"),
    operators.greater: (">", "gt", "greaterthan"),
    operators.greater_or_equal: (">=", "ge"),
    operators.is_in: ("in",),
}

TESTS: Mapping[str, Callable[..., bool]] = MappingProxyType(
    {
        "defined": defined,
        "undefined": undefined,
        "odd": odd,
        "even": even,
        "divisibleby": divisible_by,
        "none": is_none,
        "null": is_none,
        "boolean": boolean,
        "false": is_false,
        "true": is_true,
        "integer": integer,
        "float": is_float,
        "number": number,
        "string": string,
        "mapping": mapping,
        "sequence": sequence,
        "iterable": sequence,
        "lower": lower,
        "upper": upper,
        "sameas": same_as,
        **{name: test for test, names in _COMPARISONS.items() for name in names},
    }
)
