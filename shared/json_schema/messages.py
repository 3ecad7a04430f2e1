"""The messages of JSON Schema errors; they never quote values, for those may be secret."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from shared.json_text import compact

if TYPE_CHECKING:
    from jsonschema.exceptions import SchemaError, ValidationError

_Error: TypeAlias = "ValidationError | SchemaError"
Path = tuple[str | int, ...]

_QUOTED_LENGTH = 200
_GUESSES, _GUESS_LENGTH = 200, 100
"""A stranger's schema may know a hundred thousand names, and a hundred values miss each."""
_TYPES = {
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "null",
}


class Violation(NamedTuple):
    """A place, as keys and indices from the root, and a whole sentence about it."""

    path: Path
    message: str


def join_path(path: Sequence[str | int]) -> str:
    """Write a path as people do: `auth.token`, `rows[2].name`."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(parts).removeprefix(".")


def violation(error: "ValidationError | SchemaError", *, root: str) -> Violation:
    """Translate one error; `root` is what the checked value itself is called."""
    path = tuple(error.absolute_path)
    return Violation(path, _say(error, join_path(path) or root))


def _say(error: "_Error", subject: str) -> str:
    say = _SENTENCES.get(str(error.validator), _otherwise)
    return say(subject, error.validator_value, error)


def _types(subject: str, wanted: Any, _error: "_Error") -> str:
    names = [wanted] if isinstance(wanted, str) else wanted
    return f"{subject} must be {either([_TYPES.get(name, name) for name in names])}"


def either(words: Sequence[str]) -> str:
    """Join words as a choice: `a, b or c`."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def _enum(subject: str, wanted: Any, _error: "_Error") -> str:
    names = ", ".join(each if isinstance(each, str) else compact(each) for each in wanted)
    return f"{subject} must be one of {names[:_QUOTED_LENGTH]}"


def _unknown(subject: str, _wanted: Any, error: "_Error") -> str:
    schema = error.schema
    known = list(schema.get("properties", {})) if isinstance(schema, Mapping) else []
    name = str(error.absolute_path[-1])
    near = [each for each in known[:_GUESSES] if len(each) <= _GUESS_LENGTH]
    guess = get_close_matches(name[:_GUESS_LENGTH], near, n=1)
    hint = f', did you mean "{guess[0]}"?' if guess else ""
    return f'unknown property "{subject[:_QUOTED_LENGTH]}"{hint}'


def _alternatives(subject: str, wanted: Any, error: "_Error") -> str:
    if not all(isinstance(each, Mapping) and set(each) == {"required"} for each in wanted):
        return f"{subject} has none of the forms that are allowed here"
    names = [" and ".join(each["required"]) for each in wanted]
    if error.validator == "oneOf" and len(error.context or ()) == 0:
        return f"only one of {either(names)} may be given"
    return f"{either(names)} is required"


def _otherwise(subject: str, _wanted: Any, error: "_Error") -> str:
    keyword: object = error.validator  # None, unlike its stub says, for the schema `false`
    if keyword is None:
        return f"{subject} is not allowed"
    return f'{subject} does not satisfy "{error.validator}" of its schema'


def _plain(words: str) -> Callable[[str, Any, "_Error"], str]:
    def say(subject: str, wanted: Any, _error: "_Error") -> str:
        return f"{subject} {words.format(compact(wanted)[:_QUOTED_LENGTH])}"

    return say


_SENTENCES: Mapping[str, Callable[[str, Any, "_Error"], str]] = {
    "type": _types,
    "enum": _enum,
    "additionalProperties": _unknown,
    "anyOf": _alternatives,
    "oneOf": _alternatives,
    "required": _plain("is required"),
    "const": _plain("must be {}"),
    "pattern": _plain("must match the pattern {}"),
    "format": _plain("must be of the format {}"),
    "minimum": _plain("must be at least {}"),
    "maximum": _plain("must be at most {}"),
    "exclusiveMinimum": _plain("must be more than {}"),
    "exclusiveMaximum": _plain("must be less than {}"),
    "multipleOf": _plain("must be a multiple of {}"),
    "minLength": _plain("must have at least {} characters"),
    "maxLength": _plain("must have at most {} characters"),
    "minItems": _plain("must have at least {} items"),
    "maxItems": _plain("must have at most {} items"),
    "minProperties": _plain("must have at least {} keys"),
    "maxProperties": _plain("must have at most {} keys"),
    "uniqueItems": _plain("must not repeat an item"),
    "x-duration": lambda subject, _wanted, error: f"{subject}: {error.cause}",
    "x-instant": lambda subject, _wanted, error: f"{subject}: {error.cause}",
}
