"""Secret values out of texts: raw, base64, URL-encoded and JSON-escaped, all become `******`."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

MASK = "******"
SHORTEST = 4
"""The length below which secrets are not masked: they would be found in every other word."""

_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")
"""The characters that no encoding changes."""


class Masking:
    """The masking of some secrets: it replaces every form of them.

    A mask never makes a new form of a secret visible: what remains is masked again until nothing
    is found. A secret of asterisks alone cannot be told from a mask and is left out.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        found = {form for secret in secrets for form in (secret, secret.strip())}
        self._secrets = sorted(
            (each for each in found if len(each) >= SHORTEST and each.strip("*")),
            key=lambda each: (-len(each), each),
        )
        self._literals = _longest_first(
            form for secret in self._secrets for form in (secret, *_base64_forms(secret))
        )
        # Escapes can change only these; the pattern is slow, and few texts hold an escape.
        escaped = [secret for secret in self._secrets if not _PLAIN.fullmatch(secret)]
        self._escaped = re.compile("|".join(map(_pattern, escaped))) if escaped else None

    def __bool__(self) -> bool:
        """Tell whether there is anything to mask."""
        return bool(self._secrets)

    def text(self, text: str) -> str:
        """Return the text without any form of a secret."""
        # Each round takes away characters that are no asterisk, so there is a last one.
        while (masked := self._once(text)) != text:
            text = masked
        return text

    def quoted(self, text: str) -> str:
        """Return a text that a message quotes without any form of a secret."""
        return self.text(text)

    def tree(self, value: Any) -> Any:
        """Return a JSON value whose texts, names and numbers hold no secret.

        A number that shows one becomes the mask; what holds none is the same value.
        """
        if not self._secrets or value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(name): self.tree(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.tree(each) for each in value]
        written = json.dumps(value)
        return value if self.text(written) == written else MASK

    def _once(self, text: str) -> str:
        for form in self._literals:
            text = text.replace(form, MASK)
        if self._escaped and any(mark in text for mark in "%\\+"):
            text = self._escaped.sub(MASK, text)
        return text


def _longest_first(forms: Iterable[str]) -> list[str]:
    return sorted(set(forms), key=lambda form: (-len(form), form))


def _base64_forms(secret: str) -> Iterator[str]:
    """Yield the base64 forms of the secret, alone or behind one or two bytes (`user:secret`).

    In the middle of a text only the characters that nothing but the secret decides are a form.
    """
    content = secret.encode(errors="replace")
    for ahead in range(3):
        whole = base64.b64encode(b"\0" * ahead + content).decode()
        first = -(-ahead * 8 // 6)
        decided = (ahead + len(content)) * 8 // 6
        forms = {whole[first:decided]}
        if not ahead:
            forms |= {whole, whole.rstrip("=")}
        for form in forms:
            yield form
            yield form.translate(_URL_SAFE)


_URL_SAFE = str.maketrans("+/", "-_")


def _pattern(secret: str) -> str:
    """Return the pattern of a secret, each character raw, percent-encoded, or escaped for JSON.

    JSON in JSON doubles backslashes, so up to `_MANY` of them are taken where one could stand: a
    bound, for unbounded runs next to each other make matching slow.
    """
    return "".join(
        re.escape(part) if _PLAIN.fullmatch(part) else f"(?:{'|'.join(_spellings(part))})"
        for part in re.findall(r"\\+|.", secret, re.DOTALL)
    )


def _spellings(part: str) -> Iterator[str]:
    """Yield patterns of the ways to write one character, or a run of backslashes."""
    char, count = part[0], len(part)
    encoded = char.encode(errors="replace")
    units = char.encode("utf-16-be", errors="replace")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    yield "(?i:" + "".join(rf"\\{_MANY}u{pair}" for pair in pairs) + f"){{{count}}}"
    yield "(?i:" + "".join(f"%{byte:02x}" for byte in encoded) + f"){{{count}}}"
    if char in _SHORT_ESCAPES:
        yield rf"\\{_MANY}{_SHORT_ESCAPES[char]}"
    elif char == "\\":
        yield rf"\\{{{count},{16 * count}}}"
    elif char in '"/':
        yield rf"\\{_MANY}{char}"
    elif char == " ":
        yield r"\+"
    yield re.escape(part)


_MANY = "{1,15}"
_SHORT_ESCAPES = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
