"""Errors of regular expressions, in our words: RE2 tells it in bytes and in its own."""

from collections.abc import Mapping

from shared.messages import Message

_QUOTED = 7
"""Fewer characters than tell a secret, which a pattern may hold and this would cut in two."""
_LOOKING_AROUND = ("(?=", "(?!", "(?<=", "(?<!")
_SENTENCES: Mapping[str, str] = {
    "no argument for repetition operator": "nothing stands before what repeats",
    "bad repetition operator": "what repeats is repeated",
    "invalid repetition size": "counts rise, up to 1000, nested ones multiplied",
    "missing ]": 'a "]" is missing',
    "missing )": 'a ")" is missing',
    "unexpected )": 'a ")" has no "("',
    "invalid character class range": "no such range or class of characters",
    "invalid escape sequence": "no such escape, and RE2 has no back-references",
    "trailing \\": "nothing follows the last backslash",
    "invalid named capture group": "no name of a group",
    "duplicate capture group name": "two groups have one name",
    "invalid UTF-8": "no text",
    "pattern too large": "it takes too much memory",
}


def explained(error: Exception) -> Message:
    """Say what RE2 found; its error holds `kind: part`, as bytes."""
    told = error.args[0] if error.args else b""
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    kind, _, rest = text.partition(": ")
    why = Message.of(_operator(rest) if kind == "invalid perl operator" else _sentence(kind))
    if not rest:
        return why
    part = rest if len(rest) <= _QUOTED else f"{rest[:_QUOTED]}…"
    return Message('{why}: "{part}"', why=why, part=part)


def _operator(part: str) -> str:
    return "RE2 has no lookaround" if part.startswith(_LOOKING_AROUND) else "no such group"


def _sentence(kind: str) -> str:
    known = (why for name, why in _SENTENCES.items() if kind.startswith(name))
    return next(known, "RE2 does not know it")
