"""A unified diff applied as `patch` does: strictly, by its line numbers."""

import re
from collections.abc import Iterator

HEADER = re.compile(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@")
NO_NEWLINE = "\\ No newline at end of file"


def patched(old: str, diff: str) -> str:
    """Apply a diff to a text; whatever does not fit exactly is an AssertionError."""
    if not diff:
        return old
    assert diff.endswith("\n")
    first, second, *rest = diff[:-1].split("\n")
    assert (first[:4], second[:4]) == ("--- ", "+++ ")
    lines, made, at = re.findall(r"[^\n]*\n|[^\n]+", old), list[str](), 0
    while rest:
        found = HEADER.fullmatch(rest.pop(0))
        assert found
        start, removed, new_start, added = map(int, found.groups())
        begin = start - 1 if removed else start
        made += lines[at:begin]
        assert begin >= at
        assert len(made) == (new_start - 1 if added else new_start)
        hunk = list(_hunk(rest, removed, added))
        at = begin + removed
        assert [line for sign, line in hunk if sign in " -"] == lines[begin:at]
        made += [line for sign, line in hunk if sign in " +"]
    return "".join(made + lines[at:])


def _hunk(rest: list[str], removed: int, added: int) -> Iterator[tuple[str, str]]:
    """Take a hunk's lines from the rest of a diff: their signs, and themselves."""
    while removed or added:
        sign, line = rest[0][0], f"{rest.pop(0)[1:]}\n"
        assert sign in " -+"
        if rest and rest[0] == NO_NEWLINE:
            rest.pop(0)
            line = line[:-1]
        removed -= sign in " -"
        added -= sign in " +"
        yield sign, line
