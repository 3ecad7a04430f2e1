"""Request bodies: bytes to strict JSON, with every refusal saying where."""

import base64
import binascii
import json
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import SkipValidation, WrapValidator

from shared.errors import BodyTooLargeError, MalformedBodyError, Problem, UnsupportedMediaTypeError
from shared.json_text import Json
from shared.library_words import in_our_words

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

T = TypeVar("T")
RawBody = Annotated[T | None, SkipValidation, Body()]
"""A body as it was sent: `RawBody[Draft]` documents a Draft and checks nothing."""
RequiredRawBody = Annotated[T, WrapValidator(lambda value, _: value), Body()]
"""The same where there must be one."""

MAX_BODY_BYTES = 1024 * 1024
MAX_DEPTH = 100
JSON_TYPE = "application/json"
YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "text/plain")


def json_or_yaml(schema: str) -> dict[str, Json]:
    """Describe in OpenAPI a body that is JSON of a named schema, or bare YAML."""
    return {
        "required": True,
        "content": {
            JSON_TYPE: {"schema": {"$ref": f"#/components/schemas/{schema}"}},
            **{kind: {"schema": {"type": "string"}} for kind in YAML_TYPES},
        },
    }


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
        why, line, column = in_our_words(error), error.lineno, error.colno
        place = Problem(path="", message=why, line=line, column=column)
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
