"""The forms in which secrets are looked for in texts that have no escapes (`text_views`).

Each secret as it was given and as it is when its own escapes are undone; its lines, and the values
of one that is JSON; all of these as they show where their UTF-8 was read in another charset, as
most servers read headers, and with doubled quotes. Whole secrets are looked for in base64 too.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

from shared.text_views import plain

SHORTEST = 4
"""The length below which secrets are not masked: they would be found in every other word."""
SHORTEST_PART = 8
MOST_PARTS = 256
"""The number of parts of secrets that are looked for by themselves, the longest first."""

_QUOTES = ('"', "'")
"""The marks that CSV, SQL and YAML write twice between two of their own."""
_URL_SAFE = str.maketrans("+/", "-_")
_WINDOWS = str.maketrans(
    {chr(byte): bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(128, 160)}
)
"""The letters of cp1252 for the bytes that are control characters in latin-1."""


def secrets_of(values: Iterable[str]) -> list[str]:
    """Return the secrets worth looking for, the longest first: as given, stripped, and decoded."""
    given = {form for value in values for form in (value, value.strip())}
    return longest_first(filter(_is_worth, (*given, *map(plain, given))))


def longest_first(forms: Iterable[str]) -> list[str]:
    return sorted(set(forms), key=lambda form: (-len(form), form))


def folded(text: str) -> str:
    """Return a text that is equal for all cases of it; a form's `+` is a space."""
    return text.casefold().replace("+", " ")


def origins(text: str) -> list[int]:
    """Return for each character of a folded text which one of the text it comes from."""
    return [at for at, char in enumerate(text) for _ in char.casefold()]


def folded_forms(secrets: Iterable[str]) -> list[str]:
    """Return the secrets and their parts, as they are, misread, or with doubled quotes, folded."""
    secrets = list(secrets)
    parts = longest_first(part for secret in secrets for part in _parts(secret))[:MOST_PARTS]
    known = [*secrets, *parts]
    forms = [*known, *_misread(known)]
    doubled = longest_first(
        form.replace(mark, 2 * mark) for mark in _QUOTES for form in forms if mark in form
    )[:MOST_PARTS]
    return longest_first(filter(_is_worth, map(folded, (*forms, *doubled))))


def json_spellings(secret: str) -> set[str]:
    """Return a secret as it is and as it stands in JSON, where bodies are base64 as a whole."""
    written = (json.dumps(secret, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    return {secret, *written}


def base64_forms(secret: str) -> Iterator[tuple[str, str]]:
    """Yield the base64 forms of a secret, alone or behind one or two bytes (`user:secret`).

    In the middle of a text only the characters that nothing but the secret decides are a form;
    with each comes what follows it where the secret stands alone.
    """
    content = secret.encode(errors="replace")
    for ahead in range(3):
        whole = base64.b64encode(b"\0" * ahead + content).decode()
        first = -(-ahead * 8 // 6)
        decided = (ahead + len(content)) * 8 // 6
        form, end = whole[first:decided], "" if ahead else whole[decided:]
        yield form, end
        if form.translate(_URL_SAFE) != form or end.translate(_URL_SAFE) != end:
            yield form.translate(_URL_SAFE), end.translate(_URL_SAFE)


def _parts(secret: str) -> Iterator[str]:
    """Yield what is worth hiding alone: lines, and what a secret holds that is a JSON document."""
    values = [*_values(secret)]
    lines = [line for text in (secret, *values) for line in _lines(text)]
    yield from (part for part in (*values, *lines) if len(part) >= SHORTEST_PART)


def _lines(text: str) -> list[str]:
    lines = text.splitlines()
    return [line.strip() for line in lines] if len(lines) > 1 else []


def _values(secret: str) -> Iterator[str]:
    """Yield texts and numbers of a list or a map that is written as JSON."""
    if not secret.lstrip().startswith(("{", "[")):
        return
    try:
        found: list[Any] = [json.loads(secret, parse_int=str, parse_float=str)]
    except (ValueError, RecursionError):
        return
    while found:
        value = found.pop()
        if isinstance(value, dict | list):
            found += value.values() if isinstance(value, dict) else value
        elif isinstance(value, str):
            yield value


def _misread(texts: Iterable[str]) -> Iterator[str]:
    """Yield what other than ASCII looks like when its UTF-8 is read as latin-1, or as cp1252."""
    for text in texts:
        if not text.isascii():
            latin = text.encode(errors="replace").decode("latin-1")
            yield from (latin, latin.translate(_WINDOWS))


def _is_worth(form: str) -> bool:
    return len(form) >= SHORTEST and bool(form.strip("*"))
