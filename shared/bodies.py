"""Request bodies: bytes to strict JSON to a model, with every refusal saying where."""

import base64
import binascii
import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import BaseModel, SkipValidation, ValidationError, WrapValidator

from shared.errors import (
    BodyTooLargeError,
    InvalidRequestError,
    MalformedBodyError,
    Problem,
    UnsupportedMediaTypeError,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

Json = Any
T = TypeVar("T")
RawBody = Annotated[T | None, SkipValidation, Body()]
"""A body as it was sent: `RawBody[Draft]` documents a Draft and checks nothing."""
RequiredRawBody = Annotated[T, WrapValidator(lambda value, _: value), Body()]
"""The same where there must be one."""

Model = TypeVar("Model", bound=BaseModel)

MAX_BODY_BYTES = 1024 * 1024
MAX_DEPTH = 100
JSON_TYPE = "application/json"
YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "text/plain")


def parse_body(model: type[Model], value: Json) -> Model:
    """Check a parsed body against `model`; a missing one (None) counts as empty.

    Raises InvalidRequestError with a problem for each field that is wrong.
    """
    try:
        # Fields have one name outside, as documented; ours inside are unknown there.
        return model.model_validate({} if value is None else value, by_alias=True, by_name=False)
    except ValidationError as error:
        problems = problems_of(error.errors(include_url=False), model)
        raise InvalidRequestError("the request is not valid", problems=problems) from None


def read_json(event: "BaseProxyEvent") -> dict[str, Json] | None:
    """Read the body as one JSON object, None when there is none.

    Raises UnsupportedMediaTypeError, BodyTooLargeError or MalformedBodyError.
    """
    if not event.body:
        return None
    if media_type(event) != JSON_TYPE:
        raise UnsupportedMediaTypeError(f"send the body as {JSON_TYPE}")
    return parse_json_object(read_text(event))


def read_text(event: "BaseProxyEvent") -> str:
    """Decode the body to text; raises BodyTooLargeError or MalformedBodyError."""
    body = _bytes(event)
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLargeError(f"the body is larger than {MAX_BODY_BYTES} bytes")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"the body is not UTF-8 at byte {error.start}") from None


def media_type(event: "BaseProxyEvent") -> str:
    """Name the body's type without its parameters, in lower case; empty when none is given."""
    return str(event.headers.get("content-type", "")).partition(";")[0].strip().lower()


def parse_json_object(text: str) -> dict[str, Json]:
    """Parse JSON that every reader understands alike.

    Duplicate keys, NaN, numbers beyond a double and lone surrogates are refused, and nesting
    deeper than 100, so that nothing behind this can run out of stack.
    """
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object_of,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        place = Problem(path="", message=error.msg, line=error.lineno, column=error.colno)
        raise MalformedBodyError("the body is not valid JSON", problems=[place]) from None
    except RecursionError:
        raise MalformedBodyError("the body is nested too deeply") from None
    except UnicodeEncodeError:
        raise MalformedBodyError("the body holds half of a surrogate pair") from None
    except ValueError as error:
        raise MalformedBodyError(f"the body is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise MalformedBodyError("the body is not a JSON object")
    _check_depth(value, text)
    return value


def problems_of(
    errors: Iterable[Mapping[str, Any]], model: type[BaseModel] | None = None
) -> tuple[Problem, ...]:
    """Turn pydantic's errors into ours; a leading `body` in a place is left out."""
    return tuple(_problem(error, _names(model)) for error in errors)


def unknown(kind: str, name: str, known: Collection[str]) -> str:
    """Say that a name is unknown, and which one was perhaps meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - only refusals need it

    close = get_close_matches(name, known, n=1)
    return f'unknown {kind} "{name}"' + (f', did you mean "{close[0]}"?' if close else "")


def _bytes(event: "BaseProxyEvent") -> bytes:
    body = event.body or ""
    try:
        return base64.b64decode(body, validate=True) if event.is_base64_encoded else body.encode()
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise MalformedBodyError("the body cannot be decoded") from None


def _object_of(pairs: Sequence[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add() is None, which is the point
        raise ValueError(f'the key "{twice}" occurs twice in one object')
    return value


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:40]} is too large a number")
    return number


def _check_depth(value: Json, text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise MalformedBodyError("the body is nested too deeply")


def _children(value: Json) -> Iterable[Json]:
    inner = value.values() if isinstance(value, dict) else value
    return [child for child in inner if isinstance(child, dict | list)]


def _names(model: type[BaseModel] | None) -> list[str]:
    # The type of a RawBody is an optional one, which has no fields of its own.
    fields = getattr(model, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def _problem(error: Mapping[str, Any], names: Sequence[str]) -> Problem:
    place = [part for part in error["loc"] if part != "body"] or [""]
    kind = error["type"]
    if kind == "extra_forbidden":
        known = names if len(place) == 1 else ()
        return Problem(path=_path(place), message=unknown("field", str(place[-1]), known))
    if kind == "missing":
        message = "is required" if place != [""] else "a JSON body is required"
        return Problem(path=_path(place), message=message)
    return Problem(path=_path(place), message=error["msg"].removeprefix("Value error, "))


def _path(place: Sequence[str | int]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")
