"""The reasons why RE2 refuses a pattern, for who knows other regular expressions."""

_NO_BACKTRACKING = " (RE2 has no lookaround and no back-references)"
_HINTS = {
    "invalid perl operator": _NO_BACKTRACKING,
    "invalid escape sequence": _NO_BACKTRACKING,
    "invalid repetition size": " (at most 1000, those inside each other multiplied)",
}


def why_refused(error: Exception) -> str:
    """Return what RE2 says of a pattern, in bytes or in text, and what it would take instead."""
    said = error.args[0] if error.args else ""
    sentence = said.decode(errors="replace") if isinstance(said, bytes) else str(error)
    return f"{sentence}{_HINTS.get(sentence.partition(':')[0], '')}"
