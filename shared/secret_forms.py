"""The forms in which secrets are looked for: as they are, in another case, base64, their lines."""

import base64
from collections.abc import Iterable, Iterator

SHORTEST = 4
"""The length below which secrets are not masked: they would be found in every other word."""
SHORTEST_LINE = 8
MOST_LINES = 256
"""The number of lines of secrets that are looked for by themselves, the longest first."""

_URL_SAFE = str.maketrans("+/", "-_")


def secrets_of(values: Iterable[str]) -> list[str]:
    """Return the secrets worth looking for, the longest first: as given, and without their ends."""
    found = {form for value in values for form in (value, value.strip())}
    return longest_first(each for each in found if len(each) >= SHORTEST and each.strip("*"))


def longest_first(forms: Iterable[str]) -> list[str]:
    return sorted(set(forms), key=lambda form: (-len(form), form))


def folded(text: str) -> str:
    """Return a text that is equal for all cases of it; a form's `+` is a space."""
    return text.casefold().replace("+", " ")


def folded_forms(secrets: Iterable[str]) -> list[str]:
    """Return the secrets and their lines, folded."""
    secrets = list(secrets)
    lines = longest_first(line for secret in secrets for line in _lines(secret))[:MOST_LINES]
    return longest_first(filter(_is_worth, map(folded, (*secrets, *lines))))


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


def _lines(secret: str) -> Iterator[str]:
    lines = [line.strip() for line in secret.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= SHORTEST_LINE)


def _is_worth(form: str) -> bool:
    return len(form) >= SHORTEST and bool(form.strip("*"))
