"""Filters between values and their encodings: JSON, YAML, base64, URLs, digests."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import quote, quote_plus, unquote_plus

from shared.expressions.errors import TemplateError
from shared.expressions.filters.fields import items_of
from shared.expressions.filters.yaml import to_yaml
from shared.expressions.functions import from_json, whole
from shared.expressions.scope import Run
from shared.expressions.values import Json, compact, is_map, measure, utf8

_MAX_INDENT = 16
_URL_SAFE = str.maketrans("-_", "+/")


def to_json(run: Run, value: Json, /, indent: Json = None) -> str:
    """Write compact JSON, or with `indent` spaces per level."""
    spaces = None if indent is None else whole(indent)
    if spaces is not None and not 0 <= spaces <= _MAX_INDENT:
        raise TemplateError(f"json takes an indent from 0 to {_MAX_INDENT}")
    run.charge(measure(value, indent=spaces or 0))
    return compact(value, spaces)


def pretty(run: Run, value: Json, /) -> str:
    return to_json(run, value, 2)


def base64encode(run: Run, value: Json, /) -> str:
    return base64.b64encode(utf8(run.text(value))).decode()


def base64decode(run: Run, value: Json, /) -> str:
    """Decode base64, of the URL-safe alphabet too, with or without padding."""
    encoded = run.text(value).strip().rstrip("=").translate(_URL_SAFE)
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise TemplateError("the text is not base64 of UTF-8 text") from None


def _digest(algorithm: str, run: Run, value: Json, /) -> str:
    return hashlib.new(algorithm, utf8(run.text(value)), usedforsecurity=False).hexdigest()


def urlencode(run: Run, value: Json, /) -> str:
    """Quote text for a path; make a query of a map or of a list of pairs."""
    if is_map(value):
        return "&".join(_pair(run, list(pair)) for pair in value.items())
    if type(value) is list:
        return "&".join(_pair(run, pair) for pair in value)
    return quote(utf8(run.text(value)))


def _pair(run: Run, pair: Json) -> str:
    run.look()
    parts = items_of(pair)
    if len(parts) != 2:
        raise TemplateError("urlencode takes text, a map or a list of pairs")
    return "=".join(quote_plus(utf8(run.text(part))) for part in parts)


def urldecode(run: Run, value: Json, /) -> str:
    try:
        return unquote_plus(run.text(value), errors="strict")
    except UnicodeDecodeError:
        raise TemplateError("the text is not the URL form of UTF-8 text") from None


def yaml(run: Run, value: Json, /) -> str:
    """Write block YAML without a last line break."""
    run.charge(measure(value, indent=2))
    return to_yaml(value)


ENCODINGS: Mapping[str, Callable[..., Json]] = {
    "json": to_json,
    "tojson": to_json,
    "pprint": pretty,
    "fromjson": from_json,
    "yaml": yaml,
    "base64encode": base64encode,
    "base64decode": base64decode,
    "urlencode": urlencode,
    "urldecode": urldecode,
    **{name: partial(_digest, name) for name in ("md5", "sha1", "sha256", "sha512")},
}
