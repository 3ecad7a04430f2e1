"""Digests and keyed digests of text."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from shared.json_schema.builders import anything, choice, closed, outputs, string
from shared.plugins.sdk.plugin import Manifest, Plugin, TaskContext
from shared.plugins.sdk.values import invalid, text


def _hash(properties: Mapping[str, Any], _context: TaskContext) -> Mapping[str, Any]:
    algorithm, key = properties["algorithm"], properties.get("hmacKey")
    content = _bytes(text(properties["data"]))
    if key is None:
        digest = hashlib.new(algorithm, content, usedforsecurity=False).digest()
    else:
        digest = hmac.new(_bytes(key), content, algorithm).digest()
    if properties.get("encoding") == "base64":
        return {"result": base64.b64encode(digest).decode()}
    return {"result": digest.hex()}


def _bytes(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise invalid("the text holds half of a surrogate pair, which has no bytes") from None


PLUGINS = (
    Plugin(
        Manifest(
            id="transform.hash",
            name="Hash",
            category="transform",
            description="Computes a digest, or an HMAC when a key is given, of UTF-8 text.",
            input_schema=closed(
                {
                    "algorithm": choice("The digest.", "md5", "sha1", "sha256", "sha512"),
                    "data": anything("The text; lists and maps are taken as compact JSON."),
                    "hmacKey": string("The key of an HMAC.", **{"x-secret": True}),
                    "encoding": choice(
                        "How the digest is written.", "hex", "base64", default="hex"
                    ),
                },
                required=["algorithm", "data"],
            ),
            output_schema=outputs({"result": string("The digest.")}),
            icon="hash",
        ),
        _hash,
    ),
)
