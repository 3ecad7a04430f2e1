"""The messages of JSON Schema errors: never the checked value, and the schema's as what they quote.

Schemas and names of properties may have been rendered from secrets.
"""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from shared.json_text import kind, text_json
from shared.messages import Message, reason

if TYPE_CHECKING:
    from jsonschema.exceptions import SchemaError, ValidationError

_Error: TypeAlias = "ValidationError | SchemaError"
Path = tuple[str | int, ...]
_Say: TypeAlias = "Callable[[Message, Any, _Error], Message]"

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
    message: Message


def join_path(path: Sequence[str | int]) -> str:
    """Write a path as people do: `auth.token`, `rows[2].name`."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(parts).removeprefix(".")


def violation(error: "ValidationError | SchemaError", *, root: str) -> Violation:
    """Translate one error; `root` is what the checked value itself is called."""
    path = tuple(error.absolute_path)
    return Violation(path, _say(error, _subject(path) if path else Message.of(root)))


def _subject(path: Path) -> Message:
    """Write a path of which each step is a value: data has keys of its own."""
    return Message("{path}", path=join_path(path))


def _say(error: "_Error", subject: Message) -> Message:
    say = _SENTENCES.get(str(error.validator), _otherwise)
    return say(subject, error.validator_value, error)


def _types(subject: Message, wanted: Any, error: "_Error") -> Message:
    names = [wanted] if isinstance(wanted, str) else wanted
    kinds = either([_TYPES.get(name, name) for name in names])
    is_broken = "integer" in names and isinstance(error.instance, float)
    given = "one with a fraction" if is_broken else kind(error.instance)
    sentence = "{subject} must be {kinds}, not {given}"
    return Message(sentence, subject=subject, kinds=kinds, given=given)


def either(words: Sequence[str]) -> str:
    """Join words as a choice: `a, b or c`."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def _enum(subject: Message, wanted: Any, _error: "_Error") -> Message:
    names = ", ".join(each if isinstance(each, str) else text_json(each) for each in wanted)
    return Message("{subject} must be one of {names}", subject=subject, names=names)


def _unknown(subject: Message, _wanted: Any, error: "_Error") -> Message:
    schema = error.schema
    known = list(schema.get("properties", {})) if isinstance(schema, Mapping) else []
    name = str(error.absolute_path[-1])
    near = [each for each in known[:_GUESSES] if len(each) <= _GUESS_LENGTH]
    guess = get_close_matches(name[:_GUESS_LENGTH], near, n=1)
    hint = Message(', did you mean "{name}"?', name=guess[0]) if guess else Message("")
    return Message('unknown property "{subject}"{hint}', subject=subject, hint=hint)


def _alternatives(subject: Message, wanted: Any, error: "_Error") -> Message:
    if not all(isinstance(each, Mapping) and set(each) == {"required"} for each in wanted):
        return Message("{subject} has none of the forms that are allowed here", subject=subject)
    names = [" and ".join(each["required"]) for each in wanted]
    if error.validator == "oneOf" and len(error.context or ()) == 0:
        return Message("only one of {names} may be given", names=either(names))
    return Message("{names} is required", names=either(names))


def _otherwise(subject: Message, _wanted: Any, error: "_Error") -> Message:
    keyword: object = error.validator  # None, unlike its stub says, for the schema `false`
    if keyword is None:
        return Message("{subject} is not allowed", subject=subject)
    sentence = '{subject} does not satisfy "{keyword}" of its schema'
    return Message(sentence, subject=subject, keyword=keyword)


def _plain(sentence: str) -> _Say:
    def say(subject: Message, wanted: Any, _error: "_Error") -> Message:
        return Message(sentence, subject=subject, wanted=text_json(wanted))

    return say


def _caused(subject: Message, _wanted: Any, error: "_Error") -> Message:
    return Message("{subject}: {why}", subject=subject, why=reason(error.cause or error))


def _pattern(subject: Message, wanted: Any, error: "_Error") -> Message:
    """Say in words what is asked for, where the schema has them: a pattern is read by few."""
    schema = error.schema
    words = schema.get("x-words") if isinstance(schema, Mapping) else None
    if isinstance(words, str):
        return Message("{subject} must be {words}", subject=subject, words=words)
    return _of_pattern(subject, wanted, error)


_of_pattern = _plain("{subject} must match the pattern {wanted}")
_SENTENCES: Mapping[str, _Say] = {
    "type": _types,
    "enum": _enum,
    "additionalProperties": _unknown,
    "anyOf": _alternatives,
    "oneOf": _alternatives,
    "required": _plain("{subject} is required"),
    "const": _plain("{subject} must be {wanted}"),
    "pattern": _pattern,
    "format": _plain("{subject} must be of the format {wanted}"),
    "minimum": _plain("{subject} must be at least {wanted}"),
    "maximum": _plain("{subject} must be at most {wanted}"),
    "exclusiveMinimum": _plain("{subject} must be more than {wanted}"),
    "exclusiveMaximum": _plain("{subject} must be less than {wanted}"),
    "multipleOf": _plain("{subject} must be a multiple of {wanted}"),
    "minLength": _plain("{subject} must have at least {wanted} characters"),
    "maxLength": _plain("{subject} must have at most {wanted} characters"),
    "minItems": _plain("{subject} must have at least {wanted} items"),
    "maxItems": _plain("{subject} must have at most {wanted} items"),
    "minProperties": _plain("{subject} must have at least {wanted} keys"),
    "maxProperties": _plain("{subject} must have at most {wanted} keys"),
    "uniqueItems": _plain("{subject} must not repeat an item"),
    "x-duration": _caused,
    "x-instant": _caused,
}
