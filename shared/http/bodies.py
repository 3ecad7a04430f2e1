"""Request bodies: bytes to strict JSON, with every refusal saying where."""

import base64
import binascii
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import SkipValidation, WrapValidator

from shared import strict_json
from shared.errors import BodyTooLargeError, MalformedBodyError, Problem, UnsupportedMediaTypeError
from shared.json_text import Json
from shared.library_words import in_our_words
from shared.messages import InvalidValueError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

T = TypeVar("T")
RawBody = Annotated[T | None, SkipValidation, Body()]
"""A body as it was sent: `RawBody[Draft]` documents a Draft and checks nothing."""
RequiredRawBody = Annotated[T, WrapValidator(lambda value, _: value), Body()]
"""The same where there must be one."""

MAX_BODY_BYTES = 1024 * 1024
JSON_TYPE = "application/json"
YAML_TYPE = "application/yaml"
YAML_TYPES = (YAML_TYPE, "application/x-yaml", "text/yaml")
TEXT_TYPES = (*YAML_TYPES, "text/plain")
_BARE: dict[str, Json] = {"text/plain": {"type": "string"}}


def content_of(schema: str, kind: str = JSON_TYPE) -> dict[str, Json]:
    """Describe in OpenAPI the content of a media type that has a named schema."""
    return {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def json_or_yaml(
    schema: str, types: Iterable[str] = YAML_TYPES, *, is_required: bool = True
) -> dict[str, Json]:
    """Describe in OpenAPI a body that is JSON of a named schema, or bare YAML.

    A route of this description with a body of its own gets YAML as `{"yamlContent": text}`. The
    schema of a YAML type is that of what the text says (OpenAPI 3.1).
    """
    return {
        "required": is_required,
        "content": {
            **content_of(schema),
            **{kind: {"schema": _BARE.get(kind, {"type": "object"})} for kind in types},
        },
    }


def read_json(event: "BaseProxyEvent", *, takes_yaml: bool = False) -> dict[str, Json] | None:
    """Read the body as one JSON object, None when there is none.

    Raises UnsupportedMediaTypeError, which names the types, BodyTooLargeError or
    MalformedBodyError.
    """
    if not event.body:
        return None
    if media_type(event) != JSON_TYPE:
        types = f"{JSON_TYPE} or {YAML_TYPE}" if takes_yaml else JSON_TYPE
        raise UnsupportedMediaTypeError(f"send the body with the Content-Type {types}")
    return parse_json_object(read_text(event))


def read_yaml(event: "BaseProxyEvent") -> dict[str, Json]:
    """Read a bare text as the field of a flow that holds it, byte for byte.

    Raises BodyTooLargeError or MalformedBodyError.
    """
    return {"yamlContent": _decoded(event, "utf-8")}


def read_text(event: "BaseProxyEvent") -> str:
    """Decode the body to text; raises BodyTooLargeError or MalformedBodyError."""
    return _decoded(event, "utf-8-sig")


def _decoded(event: "BaseProxyEvent", encoding: str) -> str:
    body = _bytes(event)
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLargeError(f"the body is larger than {MAX_BODY_BYTES} bytes")
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise MalformedBodyError(f"the body is not UTF-8 at byte {error.start}") from None


def media_type(event: "BaseProxyEvent") -> str:
    """Name the body's type without its parameters, in lower case; empty when none is given."""
    return str(event.headers.get("content-type", "")).partition(";")[0].strip().lower()


def parse_json_object(text: str) -> dict[str, Json]:
    """Parse an object of strict JSON (`shared/strict_json.py`); MalformedBodyError says why not."""
    try:
        value = strict_json.parse(text)
    except json.JSONDecodeError as error:
        why, line, column = in_our_words(error), error.lineno, error.colno
        place = Problem(path="", message=why, line=line, column=column)
        raise MalformedBodyError("the body is not valid JSON", problems=[place]) from None
    except InvalidValueError as error:
        raise MalformedBodyError(f"the body {error.message.unmasked()}") from None
    if not isinstance(value, dict):
        raise MalformedBodyError("the body is not a JSON object")
    return value


def _bytes(event: "BaseProxyEvent") -> bytes:
    body = event.body or ""
    try:
        return base64.b64decode(body, validate=True) if event.is_base64_encoded else body.encode()
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise MalformedBodyError("the body cannot be decoded") from None
