"""The operators over JSON values, each checking the size of its result before it is built."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from shared.expressions.errors import TemplateError
from shared.expressions.formatting import percent
from shared.expressions.limits import MAX_INTEGER_BITS, MAX_ORDERED_DEPTH
from shared.expressions.scope import Run, finite
from shared.expressions.values import SCALARS, Json, is_map, is_number, key_of, kind, measure
from shared.json_text import whole_number
from shared.messages import Message

_LENGTHS = (str, list)


def _numbers(left: Json, right: Json, sentence: str) -> tuple[Json, Json]:
    if not (is_number(left) and is_number(right)):
        raise TemplateError(Message(sentence, left=Message(kind(left)), right=Message(kind(right))))
    return finite(left), finite(right)


def add(run: Run, left: Json, right: Json) -> Json:
    if type(left) is type(right) and type(left) in _LENGTHS:
        run.room(len(left) + len(right))
        return run.bounded(left + right)
    if str in (type(left), type(right)):
        raise TemplateError(f"cannot add {kind(left)} and {kind(right)}; '~' joins them as text")
    left, right = _numbers(left, right, "cannot add {left} and {right}")
    return finite(left + right)


def subtract(_: Run, left: Json, right: Json) -> Json:
    left, right = _numbers(left, right, "cannot subtract {right} from {left}")
    return finite(left - right)


def multiply(run: Run, left: Json, right: Json) -> Json:
    if type(right) in _LENGTHS:
        left, right = right, left
    number = whole_number(right)
    if type(left) in _LENGTHS and number is not None:
        times = max(number, 0)
        run.room((len(left) if type(left) is str else measure(left)) * times)
        return run.bounded(left * times)
    left, right = _numbers(left, right, "cannot multiply {left} by {right}")
    return finite(left * right)


def divide(_: Run, left: Json, right: Json) -> Json:
    left, right = _divisible(left, right)
    return finite(left / right)


def floor_divide(_: Run, left: Json, right: Json) -> Json:
    left, right = _divisible(left, right)
    return finite(left // right)


def modulo(run: Run, left: Json, right: Json) -> Json:
    if type(left) is str:
        return run.bounded(percent(run, left, right))
    left, right = _divisible(left, right)
    return finite(left % right)


def _divisible(left: Json, right: Json) -> tuple[Json, Json]:
    left, right = _numbers(left, right, "cannot divide {left} by {right}")
    if right == 0:
        raise TemplateError("division by zero")
    return left, right


def power(_: Run, left: Json, right: Json) -> Json:
    left, right = _numbers(left, right, "cannot raise {left} to the power of {right}")
    if left == 0 and right < 0:
        raise TemplateError("division by zero")
    is_whole = type(left) is not float and type(right) is not float and right > 0
    if is_whole and (abs(left).bit_length() - 1) * right > MAX_INTEGER_BITS:
        raise TemplateError("the number has more than 308 digits")
    try:
        return finite(left**right)
    except OverflowError:
        raise TemplateError("the result is not a finite number") from None


def concatenate(run: Run, values: list[Json]) -> Json:
    texts: list[str] = []
    size = 0
    for value in values:
        texts.append(run.text(value))
        size += len(texts[-1])
        run.room(size)
    return run.bounded("".join(texts))


def negative(value: Json) -> Json:
    return -finite(_number(value))


def positive(value: Json) -> Json:
    return +finite(_number(value))


def _number(value: Json) -> Json:
    if not is_number(value):
        raise TemplateError(f"expected a number, not {kind(value)}")
    return value


def equal(run: Run, left: Json, right: Json) -> bool:
    """Compare as JSON, at every depth: 1 is 1.0 and not true, the order of fields is nothing."""
    _charge_equality(run, left, right)
    return _is_same(left, right)


def _is_same(left: Json, right: Json) -> bool:
    # Python takes true for 1: what it finds different is so, what it finds equal may differ there.
    if left != right:
        return False
    if type(left) in SCALARS or type(left) is str:
        return (type(left) is bool) == (type(right) is bool)
    return key_of(left) == key_of(right)


def _charge_equality(run: Run, left: Json, right: Json) -> None:
    """Count both, whole, if they must be walked to be told apart."""
    if type(left) not in SCALARS and type(right) not in SCALARS:
        run.charge_compared(left)
        run.charge_compared(right)
    else:
        run.charge(1)


def unequal(run: Run, left: Json, right: Json) -> bool:
    return not equal(run, left, right)


def less(run: Run, left: Json, right: Json) -> bool:
    """Order two numbers, two texts or two lists of such; nothing else has an order."""
    if type(left) not in SCALARS:
        run.charge_compared(left, depth=MAX_ORDERED_DEPTH)
        run.charge_compared(right, depth=MAX_ORDERED_DEPTH)
    if (is_number(left) and is_number(right)) or (
        type(left) is type(right) and type(left) in _LENGTHS
    ):
        try:
            return bool(left < right)
        except TypeError:
            raise TemplateError("cannot compare lists of different kinds of values") from None
    raise TemplateError(f"cannot compare {kind(left)} with {kind(right)}")


def less_or_equal(run: Run, left: Json, right: Json) -> bool:
    return not less(run, right, left)


def greater(run: Run, left: Json, right: Json) -> bool:
    return less(run, right, left)


def greater_or_equal(run: Run, left: Json, right: Json) -> bool:
    return not less(run, left, right)


def is_in(run: Run, item: Json, container: Json) -> bool:
    _charge_search(run, item, container)
    if type(container) is str:
        if type(item) is not str:
            raise TemplateError(f"cannot look for {kind(item)} in text")
        return item in container
    if type(container) is list:
        # Python takes true for 1, which only matters where it finds something.
        return item in container and (
            type(item) is str or any(_is_same(item, each) for each in container)
        )
    if is_map(container):
        return type(item) is str and item in container
    raise TemplateError(f"cannot look into {kind(container)}")


def _charge_search(run: Run, item: Json, container: Json) -> None:
    """Count a container by its items, and whole where each is compared with a list or a map."""
    run.charge_for(item)
    if type(container) is list and (type(item) is list or is_map(item)):
        run.charge_compared(container)
        run.charge_compared(item)
    else:
        run.charge_for(container)


def is_not_in(run: Run, item: Json, container: Json) -> bool:
    return not is_in(run, item, container)


Operator = Callable[[Run, Json, Json], Json]
ARITHMETIC: Mapping[str, Operator] = MappingProxyType(
    {
        "Add": add,
        "Sub": subtract,
        "Mul": multiply,
        "Div": divide,
        "FloorDiv": floor_divide,
        "Mod": modulo,
        "Pow": power,
    }
)
COMPARISONS: Mapping[str, Operator] = MappingProxyType(
    {
        "eq": equal,
        "ne": unequal,
        "lt": less,
        "lteq": less_or_equal,
        "gt": greater,
        "gteq": greater_or_equal,
        "in": is_in,
        "notin": is_not_in,
    }
)
