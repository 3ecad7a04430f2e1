"""The unified diff of two texts, in bounded time; pure.

difflib finds what two texts share in time that grows with the square of their length, and worse. So
lines that stand once in both split them first; what is left between goes to difflib as long as the
work of all such pieces together stays in a bound, and is told as removed and added beyond it: a
longer diff then, and still a right one.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

MAX_STEPS: Final = 4_000_000
"""The comparisons that difflib may make for one diff: about a second of a processor."""
PIECE_STEPS: Final = 200
"""The price of beginning with a piece, in such comparisons."""
CONTEXT_LINES: Final = 3

Lines = Sequence[str]


class Block(NamedTuple):
    """A run of `size` lines that both have: at `old` in the one, at `new` in the other."""

    old: int
    new: int
    size: int


class _Known(SequenceMatcher[str]):
    """difflib's grouping of changes over blocks that were found elsewhere."""

    def __init__(self, old: Lines, new: Lines, blocks: list[Block]) -> None:
        super().__init__(None, (), (), autojunk=False)
        self.a, self.b = old, new
        self.matching_blocks = [*blocks, Block(len(old), len(new), 0)]


def unified_diff(
    old: str, new: str, *, old_name: str, new_name: str, max_steps: int = MAX_STEPS
) -> str:
    """Return the changes from `old` to `new`, as `patch` reads them; an empty text for none.

    Lines end with a line feed, and with nothing else.
    """
    olds, news = _lines(old), _lines(new)
    blocks = list(_joined(_blocks(olds, news, max_steps)))
    groups = list(_Known(olds, news, blocks).get_grouped_opcodes(CONTEXT_LINES))
    if old == new:
        return ""
    hunks = (line for group in groups for line in _hunk(group, olds, news))
    return "".join([f"--- {old_name}\n", f"+++ {new_name}\n", *hunks])


def _lines(text: str) -> list[str]:
    """Cut a text behind each line feed; the last line may have none."""
    parts = text.split("\n")
    last = [parts[-1]] if parts[-1] else []
    return [f"{part}\n" for part in parts[:-1]] + last


def _blocks(old: Lines, new: Lines, max_steps: int) -> Iterator[Block]:
    """Find the lines that both have, in order: at both ends, at anchors, and between these."""
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    yield Block(0, 0, start)
    ends = Block(len(old) - end, len(new) - end, end)
    at_old = at_new = start
    for anchor in [*_anchors(old, new, start, ends), ends]:
        piece, other = old[at_old : anchor.old], new[at_new : anchor.new]
        steps = _steps(piece, other)
        if steps <= max_steps:
            max_steps -= steps
            for match in SequenceMatcher(None, piece, other, autojunk=False).get_matching_blocks():
                yield Block(at_old + match.a, at_new + match.b, match.size)
        yield anchor
        at_old, at_new = anchor.old + anchor.size, anchor.new + anchor.size


def _shared(old: Lines, new: Lines) -> int:
    """Count the lines with which both begin."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(old), len(new)))


def _anchors(old: Lines, new: Lines, start: int, end: Block) -> list[Block]:
    """Find lines that stand once in each, as many as stand in the same order in both."""
    once_old, once_new = _once(old, start, end.old), _once(new, start, end.new)
    pairs = [(at, once_new[line]) for line, at in once_old.items() if line in once_new]
    return [Block(at, other, 1) for at, other in _rising(pairs)]


def _once(lines: Lines, start: int, end: int) -> dict[str, int]:
    counts = Counter(lines[start:end])
    return {lines[at]: at for at in range(start, end) if counts[lines[at]] == 1}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return a longest run of pairs whose second parts rise; the first ones do already."""
    tops: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for number, (_, value) in enumerate(pairs):
        place = bisect_left(tops, value)
        before.append(last[place - 1] if place else None)
        tops[place : place + 1] = [value]
        last[place : place + 1] = [number]
    found: list[tuple[int, int]] = []
    at = last[-1] if last else None
    while at is not None:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def _steps(old: Lines, new: Lines) -> int:
    """Bound the comparisons of difflib: each pair of equal lines, in each of its searches."""
    counts = Counter(new)
    searches = 2 * min(len(old), len(new)) + 1
    return PIECE_STEPS + len(new) + searches * (len(old) + sum(counts[line] for line in old))


def _joined(blocks: Iterator[Block]) -> Iterator[Block]:
    """Make one block of those that follow each other in both texts; leave out empty ones."""
    last = Block(0, 0, 0)
    for block in blocks:
        follows = (last.old + last.size, last.new + last.size) == (block.old, block.new)
        if follows:
            last = last._replace(size=last.size + block.size)
        else:
            if last.size:
                yield last
            last = block
    if last.size:
        yield last


_Group = Sequence[tuple[str, int, int, int, int]]


def _hunk(group: _Group, old: Lines, new: Lines) -> Iterator[str]:
    (_, old_start, _, new_start, _), (_, _, old_end, _, new_end) = group[0], group[-1]
    yield f"@@ -{_range(old_start, old_end)} +{_range(new_start, new_end)} @@\n"
    for kind, a, b, c, d in group:
        if kind == "equal":
            yield from map(_line, " " * (b - a), old[a:b])
        else:
            yield from map(_line, "-" * (b - a), old[a:b])
            yield from map(_line, "+" * (d - c), new[c:d])


def _range(start: int, end: int) -> str:
    """Write the lines of a hunk: where it begins, counted from 1, and how many they are."""
    size = end - start
    return f"{start + 1 if size else start},{size}"


def _line(sign: str, line: str) -> str:
    if line.endswith("\n"):
        return f"{sign}{line}"
    return f"{sign}{line}\n\\ No newline at end of file\n"
