"""Text in base64 (RFC 4648) and back."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import anything, boolean, choice, closed, outputs, string
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import invalid, text, type_name

_TO_URL_SAFE = str.maketrans("+/", "-_")
_FROM_URL_SAFE = str.maketrans("-_", "+/")


def _base64(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    if properties["operation"] == "decode":
        return {"result": _decode(properties["data"])}
    encoded = base64.b64encode(_bytes(text(properties["data"]))).decode()
    is_url_safe = properties.get("urlSafe", False)
    return {"result": encoded.translate(_TO_URL_SAFE) if is_url_safe else encoded}


def _bytes(source: str) -> bytes:
    try:
        return source.encode()
    except UnicodeEncodeError:
        raise invalid("the text holds half of a surrogate pair, which has no bytes") from None


def _decode(source: Any) -> str:
    """Read either alphabet; white space and missing padding do not matter."""
    if not isinstance(source, str):
        raise invalid(f"data must be text to be decoded, not {type_name(source)}")
    plain = "".join(source.split()).rstrip("=").translate(_FROM_URL_SAFE)
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode()
    except UnicodeDecodeError:
        raise invalid("data is base64 of bytes that are no UTF-8 text") from None
    except (binascii.Error, ValueError):
        raise invalid("data is no base64") from None


PLUGINS = (
    Plugin(
        Manifest(
            id="transform.base64",
            name="Base64",
            category="transform",
            description=(
                "Writes text as base64 or reads it back. Reading takes both alphabets, with or "
                "without padding; the bytes must be UTF-8 text."
            ),
            input_schema=closed(
                {
                    "operation": choice("Which way.", "encode", "decode"),
                    "data": anything("The text; lists and maps are encoded as compact JSON."),
                    "urlSafe": boolean("encode: - and _ instead of + and /.", default=False),
                },
                required=["operation", "data"],
            ),
            output_schema=outputs({"result": string("The text.")}),
            icon="binary",
        ),
        _base64,
    ),
)
