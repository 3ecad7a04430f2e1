"""Tokens as nobody should take them: changed, unsigned, or signed by who holds the pool's key."""

import base64
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def claims_in(token: str) -> dict[str, Any]:
    """What a token says, whoever signed it."""
    return _parsed(token.split(".")[1])


def unsigned(token: str, *, algorithm: str) -> str:
    """The same claims under another algorithm: `none` has no signature, another keeps it."""
    header, claims, signature = token.split(".")
    changed = {**_parsed(header), "alg": algorithm}
    return f"{_text(changed)}.{claims}.{'' if algorithm == 'none' else signature}"


def changed(token: str, **claims: Any) -> str:
    """Other claims under the same signature."""
    header, _, signature = token.split(".")
    return f"{header}.{_text({**claims_in(token), **claims})}.{signature}"


def signed(token: str, key: Path, **claims: Any) -> str:
    """Other claims, signed with a pool's own key; a claim that is None is left out."""
    said = {name: value for name, value in {**claims_in(token), **claims}.items() if value}
    header = token.partition(".")[0]
    signing = f"{header}.{_text(said)}"
    private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    assert isinstance(private, rsa.RSAPrivateKey)
    signature = private.sign(signing.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signing}.{_encoded(signature)}"


def _parsed(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _text(part: dict[str, Any]) -> str:
    return _encoded(json.dumps(part).encode())


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
