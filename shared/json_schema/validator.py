"""JSON Schema as the platform checks it: patterns in linear time, nothing fetched from anywhere."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from shared.durations import parse_duration
from shared.json_schema.builders import MAX_PATTERN
from shared.json_text import identity
from shared.messages import InvalidValueError, Message
from shared.times import from_rfc3339

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Errors = Iterator["ValidationError"]
Keyword = Callable[[Any, Any, Any, Any], Any]

_PATTERN_MEMORY = 4 * 1024 * 1024
_PATTERN_COST = 2_000
"""The cost of compiling one: a few characters may need ten milliseconds."""
_OF_THE_WHOLE = frozenset({"const", "enum", "uniqueItems"})
"""The keywords that look into all of a value themselves."""


class Watch(Protocol):
    """The watch on work with a stranger's schema: told of all, it stops what grows or nests."""

    def enter(self) -> None:
        """Begin with one keyword; keywords nest."""

    def leave(self) -> None:
        """End with it, whatever happened."""

    def spend(self, cost: int) -> None:
        """Count work that is about to be done, some microseconds each."""


class PatternError(InvalidValueError):
    """A regular expression is malformed, or needs backtracking and so is not supported."""


@cache
def _validator_class(schema_class: Any) -> Any:
    """Return our version of a draft's class; `evolve` stays in it whatever `$schema` is named."""
    overrides = {name: each for name, each in _OVERRIDES.items() if name in schema_class.VALIDATORS}
    items = {"items": _unless_too_many(schema_class.VALIDATORS["items"])}
    ours: Mapping[str, Keyword] = {"x-duration": _duration, "x-instant": _instant}
    return _extended(schema_class, {**overrides, **items, **ours})


def _unless_too_many(items: Keyword) -> Keyword:
    """Look at no item of a list that is too long anyway, which `maxItems` says."""

    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Errors:
        most = schema.get("maxItems")
        if isinstance(instance, list) and isinstance(most, int | float) and len(instance) > most:
            return
        yield from items(validator, value, instance, schema) or ()

    return check


def _extended(schema_class: Any, keywords: Mapping[str, Keyword]) -> Any:
    from jsonschema import validators  # noqa: PLC0415 - see above

    extend: Any = validators.extend  # untyped in the stubs
    extended = extend(schema_class, keywords)
    extended.evolve = _evolve
    return extended


def compile_schema(schema: Mapping[str, Any], watch: Watch | None = None) -> "Validator":
    """Make a validator of `schema`, JSON Schema 2020-12 unless its `$schema` says otherwise.

    A stranger's schema needs a `watch`: deep recursion does not end in a RecursionError that
    can be caught, because it reaches into native code.
    """
    from jsonschema import (  # noqa: PLC0415 - costs 60 ms, needed by few
        Draft202012Validator,
        validators,
    )

    chosen = _validator_class(validators.validator_for(schema, default=Draft202012Validator))
    if watch is not None:
        counted = {name: _watched(name, each, watch) for name, each in chosen.VALIDATORS.items()}
        chosen = _extended(chosen, counted)
        chosen.watch = watch
        chosen.patterns = {}  # of this schema: RE2's own cache is smaller than some schemas
    compiled: Validator = chosen(schema, registry=_no_registry(), format_checker=_formats())
    return compiled


@cache
def _no_registry() -> Any:
    from referencing.jsonschema import EMPTY_REGISTRY  # noqa: PLC0415 - see above

    return EMPTY_REGISTRY


@cache
def _formats() -> Any:
    from jsonschema import FormatChecker  # noqa: PLC0415 - see above

    return FormatChecker(formats=("date", "email", "ipv4", "ipv6", "uuid"))


def _evolve(self: Any, **changes: Any) -> Any:
    for field in type(self).__attrs_attrs__:
        if field.init and field.alias not in changes:
            changes[field.alias] = getattr(self, field.name)
    return type(self)(**changes)


def _watched(name: str, keyword: Keyword, watch: Watch) -> Keyword:
    cost = _cost_of_all if name in _OF_THE_WHOLE else _cost

    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Errors:
        watch.enter()
        watch.spend(cost(value) + cost(instance))
        try:
            for error in keyword(validator, value, instance, schema) or ():
                error.message = ""  # it may quote the whole instance, over and over
                yield error
        finally:
            watch.leave()

    return check


def _cost(value: Any) -> int:
    if isinstance(value, str):
        return len(value) // 1000
    return len(value) // 16 if isinstance(value, list | dict) else 0


def _cost_of_all(value: Any) -> int:
    cost, waiting = 0, [value]
    while waiting:
        node = waiting.pop()
        cost += 1 + _cost(node)
        if isinstance(node, list | dict):
            waiting.extend(node if isinstance(node, list) else node.values())
    return cost // 16


def _found(validator: Any, pattern: str, text: str) -> bool:
    watch = getattr(validator, "watch", None)
    if watch is None:
        return search(pattern, text)
    if pattern not in validator.patterns:
        watch.spend(_PATTERN_COST)
        validator.patterns[pattern] = compile_pattern(pattern)
    watch.spend(1 + _cost(text))
    return validator.patterns[pattern].search(text) is not None


def search(pattern: str, text: str) -> bool:
    """Tell whether `pattern` is found in `text`, in time linear in the text; PatternError."""
    return compile_pattern(pattern).search(text) is not None


@cache
def _options() -> Any:
    import re2  # noqa: PLC0415 - a native library, needed by few

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    return options


def compile_pattern(pattern: str, flags: str = "") -> Any:
    """Compile for RE2, which needs no backtracking; PatternError when it cannot be.

    `flags` are some of `ims`; the pattern has `MAX_PATTERN` characters at most.
    """
    import re2  # noqa: PLC0415 - see above

    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"a pattern has more than {MAX_PATTERN} characters")
    try:
        return re2.compile(f"(?{flags}){pattern}" if flags else pattern, _options())
    except (re2.error, UnicodeError) as error:
        sentence = 'pattern "{pattern:100}" is not supported: {why}'
        raise PatternError(Message(sentence, pattern=pattern, why=str(error))) from None


def _error(**details: Any) -> "ValidationError":
    from jsonschema import ValidationError  # noqa: PLC0415 - see above

    return ValidationError("", **details)


def _pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Errors:
    if validator.is_type(instance, "string") and not _found(validator, pattern, instance):
        yield _error()


def _pattern_properties(validator: Any, patterns: Any, instance: Any, _schema: Any) -> Errors:
    if not validator.is_type(instance, "object"):
        return
    for pattern, subschema in patterns.items():
        for name, value in instance.items():
            if _found(validator, pattern, name):
                yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Errors:
    if not validator.is_type(instance, "object"):
        return
    patterns = schema.get("patternProperties", {})
    for name, value in instance.items():
        if name in schema.get("properties", {}) or any(
            _found(validator, each, name) for each in patterns
        ):
            continue
        if allowed is False:
            yield _error(path=[name])
        else:
            yield from validator.descend(value, allowed, path=name)


def _required(validator: Any, names: Any, instance: Any, _schema: Any) -> Errors:
    if validator.is_type(instance, "object"):
        yield from (_error(path=[name]) for name in names if name not in instance)


def _unique_items(validator: Any, wanted: Any, instance: Any, _schema: Any) -> Errors:
    if not wanted or not validator.is_type(instance, "array"):
        return
    if len({identity(item) for item in instance}) < len(instance):
        yield _error()


def _multiple_of(validator: Any, unit: Any, instance: Any, _schema: Any) -> Errors:
    """Divide as the numbers are written: 19.99 is a multiple of 0.01, its double is none."""
    if validator.is_type(instance, "number") and not _is_multiple(instance, unit):
        yield _error()


def _is_multiple(number: float, unit: float) -> bool:
    if isinstance(number, int) and isinstance(unit, int):
        return number % unit == 0
    try:
        return (Fraction(repr(number)) / Fraction(repr(unit))).denominator == 1
    except ValueError:  # NaN and infinity, which are no JSON
        return False


def _duration(validator: Any, wanted: Any, instance: Any, _schema: Any) -> Errors:
    is_candidate = validator.is_type(instance, "string") or validator.is_type(instance, "number")
    if not wanted or not is_candidate:
        return
    try:
        parse_duration(instance)
    except ValueError as error:
        yield _error(cause=error)


def _instant(validator: Any, wanted: Any, instance: Any, _schema: Any) -> Errors:
    if not wanted or not validator.is_type(instance, "string"):
        return
    try:
        from_rfc3339(instance)
    except ValueError as error:
        yield _error(cause=error)


_OVERRIDES: Mapping[str, Keyword] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "required": _required,
    "uniqueItems": _unique_items,
    "multipleOf": _multiple_of,
    "divisibleBy": _multiple_of,
}
