"""The filters that lay text out in lines, each in time linear in what it makes."""

from collections.abc import Iterator

from shared.expressions.errors import TemplateError
from shared.expressions.functions import whole
from shared.expressions.scope import Run
from shared.expressions.values import Json, scalar_text


def indent(
    run: Run, value: Json, /, width: Json = 4, first: Json = None, blank: Json = None
) -> str:
    """Put `width` spaces, or the text `width`, before all lines but the first."""
    source = run.text(value)
    lines = source.splitlines() or [""]
    before = width if type(width) is str else _spaces(run, width)
    run.room(len(source) + len(lines) * len(before))
    indented = [before + line if line or blank else line for line in lines]
    if not first:
        indented[0] = lines[0]
    return "\n".join(indented)


def _spaces(run: Run, width: Json) -> str:
    run.room(whole(width))
    return " " * whole(width)


def truncate(  # noqa: PLR0913, PLR0917  (Jinja2's parameters)
    run: Run,
    value: Json,
    /,
    length: Json = 255,
    killwords: Json = None,
    end: Json = "...",
    leeway: Json = 5,
) -> str:
    """Cut to `length` characters, `end` included, after a word unless `killwords`."""
    source, ending = run.text(value), scalar_text(end)
    kept = whole(length) - len(ending)
    if kept < 0:
        raise TemplateError("truncate needs a length that has room for its end")
    if len(source) <= whole(length) + whole(leeway):
        return source
    start = source[:kept]
    return (start if killwords else start.rsplit(" ", 1)[0]) + ending


def wordwrap(
    run: Run,
    value: Json,
    /,
    width: Json = 79,
    break_long_words: Json = True,  # noqa: FBT002
    wrapstring: Json = "\n",
) -> str:
    """Break lines at spaces so that they have at most `width` characters."""
    columns = whole(width)
    if columns < 1:
        raise TemplateError("wordwrap needs a width of at least 1")
    source, newline = run.text(value), scalar_text(wrapstring)
    run.room(len(source))
    lines: list[str] = []
    for paragraph in source.splitlines():
        for line in _wrapped(paragraph, columns, is_breaking=bool(break_long_words)):
            run.charge(1)
            lines.append(line)
    run.room(len(source) + len(lines) * len(newline))
    return newline.join(lines)


def _wrapped(paragraph: str, width: int, *, is_breaking: bool) -> Iterator[str]:
    words: list[str] = []
    length = 0
    for word in paragraph.split():
        for part in _parts(word, width) if is_breaking else (word,):
            if words and length + 1 + len(part) > width:
                yield " ".join(words)
                words, length = [], 0
            length += len(part) + bool(words)
            words.append(part)
    yield " ".join(words)


def _parts(word: str, width: int) -> list[str]:
    return [word[start : start + width] for start in range(0, len(word), width)]
