"""Arithmetic that stays exact where it can, and finite and small always."""

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import reduce
from typing import Any

from shared.json_schema.builders import array, choice, closed, deferred, number, outputs
from shared.plugins.sdk.items import deferred_expression, in_time
from shared.plugins.sdk.numbers import Number, number_of
from shared.plugins.sdk.plugin import Manifest, Plugin, PluginError, TaskContext
from shared.plugins.sdk.values import invalid, is_number, too_large, type_name

_MAX_NUMBER = 10**308
_MAX_BITS = 1024
_MAX_DIGITS = 15
_ALREADY_WHOLE = 1e15


def _math(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    if "expression" in properties:
        result = _of_expression(properties, context)
    else:
        operation = _OPERATIONS[properties["operation"]]
        result = _finite(lambda: operation(_operands(properties, context)))
    return {"result": result}


def _of_expression(properties: Mapping[str, Any], context: TaskContext) -> Number:
    names = {name: properties[name] for name in ("a", "b", "values") if name in properties}
    expression = deferred_expression(properties["expression"], "expression")
    result = expression.evaluate(context, **names)
    if not is_number(result):
        raise invalid(f"the expression gives {type_name(result)}, not a number")
    return _finite(lambda: result)


def _operands(properties: Mapping[str, Any], context: TaskContext) -> list[Number]:
    if "values" in properties:
        values = in_time(context, properties["values"])
        return [number_of(each, f"values[{index}]") for index, each in values]
    return [number_of(properties[name], name) for name in ("a", "b") if name in properties]


def _finite(compute: Callable[[], Any]) -> Number:
    try:
        result: Number = compute()
    except ZeroDivisionError:
        raise PluginError("division by zero", code="division_by_zero") from None
    except OverflowError:
        raise too_large("the number") from None
    if isinstance(result, complex) or result != result:  # noqa: PLR0124 - only NaN differs from itself
        raise invalid("there is no real number that is the result")
    if abs(result) >= _MAX_NUMBER:
        raise too_large("the number")
    return result


def _pair(operate: Callable[[Number, Number], Any]) -> Callable[[Sequence[Number]], Any]:
    """Make an operation of two numbers one over all operands, from left to right."""

    def fold(operands: Sequence[Number]) -> Any:
        if len(operands) < 2:
            raise invalid("a and b, or at least two values, are required")
        return reduce(lambda left, right: _finite(lambda: operate(left, right)), operands)

    return fold


def _single(operate: Callable[[Number], Any]) -> Callable[[Sequence[Number]], Any]:
    def of_the_first(operands: Sequence[Number]) -> Any:
        if len(operands) != 1:
            raise invalid("this operation takes one number, a")
        return operate(operands[0])

    return of_the_first


def _some(operate: Callable[[Sequence[Number]], Any]) -> Callable[[Sequence[Number]], Any]:
    def of_at_least_one(operands: Sequence[Number]) -> Any:
        if not operands:
            raise invalid("at least one number is required")
        return operate(operands)

    return of_at_least_one


def _divide(a: Number, b: Number) -> Number:
    if isinstance(a, int) and isinstance(b, int) and a % b == 0:
        return a // b
    return a / b


def _power(a: Number, b: Number) -> Any:
    if isinstance(a, int) and isinstance(b, int) and a.bit_length() * b > 2 * _MAX_BITS:
        if abs(a) > 1:
            raise too_large("the number")
        return a if b % 2 else abs(a)
    return a**b


def _sum(operands: Sequence[Number]) -> Number:
    if all(isinstance(each, int) for each in operands):
        return sum(operands)
    return math.fsum(operands)


def _round(operands: Sequence[Number]) -> Number:
    if not 1 <= len(operands) <= 2:
        raise invalid("round takes a number, a, and perhaps decimal places, b")
    value, places = operands[0], operands[1] if len(operands) == 2 else 0
    if places != int(places) or abs(places) > _MAX_DIGITS:
        raise invalid(f"b, the decimal places, must be a whole number up to {_MAX_DIGITS}")
    places = int(places)
    if isinstance(value, float) and abs(value) >= _ALREADY_WHOLE:
        value = int(value)
    with localcontext(prec=_MAX_BITS):
        rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return float(rounded) if places > 0 and isinstance(value, float) else int(rounded)


_OPERATIONS: Mapping[str, Callable[[Sequence[Number]], Any]] = {
    "add": _pair(lambda a, b: a + b),
    "sub": _pair(lambda a, b: a - b),
    "mul": _pair(lambda a, b: a * b),
    "div": _pair(_divide),
    "mod": _pair(lambda a, b: a % b),
    "pow": _pair(_power),
    "min": _some(min),
    "max": _some(max),
    "avg": _some(lambda operands: _divide(_sum(operands), len(operands))),
    "sum": _sum,
    "round": _round,
    "floor": _single(math.floor),
    "ceil": _single(math.ceil),
    "abs": _single(abs),
}

_OPERAND = {"type": ["number", "string"]}

PLUGINS = (
    Plugin(
        Manifest(
            id="util.math",
            name="Arithmetic",
            category="utility",
            description=(
                "Computes with numbers; text that is a number is taken as one. Whole numbers "
                "stay exact, halves are rounded away from zero, mod has the sign of b."
            ),
            input_schema=closed(
                {
                    "operation": choice("What to compute.", *_OPERATIONS),
                    "a": number("The first number.", **_OPERAND),
                    "b": number("The second; decimal places for round.", **_OPERAND),
                    "values": array("The numbers, instead of a and b.", items=_OPERAND),
                    "expression": deferred(
                        "Instead of an operation: an expression over `a`, `b` and `values`.",
                        **{"x-locals": ["a", "b", "values"]},
                    ),
                },
                oneOf=[{"required": ["operation"]}, {"required": ["expression"]}],
            ),
            output_schema=outputs({"result": number("The result.")}),
            icon="calculator",
        ),
        _math,
    ),
)
