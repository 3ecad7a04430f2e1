"""Filters over text; any other value is written as text first, as in Jinja2."""

import re
import unicodedata
from collections.abc import Callable, Mapping

from shared.expressions import operators
from shared.expressions.errors import TemplateError
from shared.expressions.filters.wrapping import indent, truncate, wordwrap
from shared.expressions.formatting import percent
from shared.expressions.functions import whole
from shared.expressions.scope import Run
from shared.expressions.values import Json, is_true, scalar_text

_WORD_START = re.compile(r"([-\s({\[<]+)")
_WORD = re.compile(r"\w+")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_MOST_TRIMMED = 256
"""Each character of the text is looked for among them."""
_LONGEST_SLUG_SOURCE = 4096
"""Unicode's normal form takes quadratic time over a run of combining marks."""


def upper(run: Run, value: Json, /) -> str:
    return run.text(value).upper()


def lower(run: Run, value: Json, /) -> str:
    return run.text(value).lower()


def capitalize(run: Run, value: Json, /) -> str:
    return run.text(value).capitalize()


def title(run: Run, value: Json, /) -> str:
    source = run.text(value)
    run.room(len(source))
    words = _WORD_START.split(source)
    return "".join(word[:1].upper() + word[1:].lower() for word in words)


def trim(run: Run, value: Json, /, chars: Json = None) -> str:
    wanted = None if chars is None else scalar_text(chars)
    if wanted is not None and len(wanted) > _MOST_TRIMMED:
        raise TemplateError(f"trim takes at most {_MOST_TRIMMED} characters")
    return run.text(value).strip(wanted)


def replace(run: Run, value: Json, /, old: Json, new: Json, count: Json = None) -> str:
    source, before, after = run.text(value), scalar_text(old), scalar_text(new)
    times = source.count(before)
    if count is not None and (most := whole(count)) >= 0:
        times = min(times, most)
    run.room(len(source) + times * max(0, len(after) - len(before)))
    return source.replace(before, after, times)


def split(run: Run, value: Json, /, sep: Json = None, maxsplit: Json = -1) -> list[str]:
    """Cut at each `sep`, or without one at white space."""
    if sep is not None and (type(sep) is not str or not sep):
        raise TemplateError("split needs a text to split at")
    source = run.text(value)
    run.room(len(source) - source.count(sep) * len(sep) if sep else len(source) // 2)
    return source.split(sep, whole(maxsplit))


def center(run: Run, value: Json, /, width: Json = 80) -> str:
    columns = whole(width)
    run.room(columns)
    return run.text(value).center(columns)


def wordcount(run: Run, value: Json, /) -> int:
    return sum(1 for _ in _WORD.finditer(run.text(value)))


def fill(run: Run, value: Json, /, *args: Json, **kwargs: Json) -> str:
    """Fill Python's `%` formats: `"%s, %d" | format(name, n)`."""
    if args and kwargs:
        raise TemplateError("format takes values in order or by name, not both")
    return percent(run, run.text(value), kwargs or list(args))


def string(run: Run, value: Json, /) -> str:
    return run.text(value)


def startswith(run: Run, value: Json, /, prefix: Json) -> bool:
    return run.text(value).startswith(scalar_text(prefix))


def endswith(run: Run, value: Json, /, suffix: Json) -> bool:
    return run.text(value).endswith(scalar_text(suffix))


def contains(run: Run, value: Json, /, item: Json) -> bool:
    """Look for a part of a text, an item of a list or a key of a map."""
    return operators.is_in(run, item, value)


def slugify(run: Run, value: Json, /) -> str:
    """Keep letters and digits, in lower case and without accents, and join them by `-`."""
    source = run.text(value)
    if len(source) > _LONGEST_SLUG_SOURCE:
        raise TemplateError(f"slugify takes at most {_LONGEST_SLUG_SOURCE} characters")
    plain = unicodedata.normalize("NFKD", source).encode("ascii", "ignore").decode()
    return _NOT_SLUG.sub("-", plain.lower()).strip("-")


def boolean(_: Run, value: Json, /) -> bool:
    """Tell a value's truth, as `when` does; of text without regard to case and white space."""
    return is_true(value.strip().lower() if type(value) is str else value)


def default(_: Run, value: Json, /, default_value: Json = "", boolean: Json = None) -> Json:
    """Stand for `default` where a filter is called by name; the tree has a node for it."""
    return default_value if boolean and not is_true(value) else value


TEXT: Mapping[str, Callable[..., Json]] = {
    "upper": upper,
    "lower": lower,
    "capitalize": capitalize,
    "title": title,
    "trim": trim,
    "replace": replace,
    "split": split,
    "center": center,
    "wordcount": wordcount,
    "wordwrap": wordwrap,
    "indent": indent,
    "truncate": truncate,
    "format": fill,
    "string": string,
    "startswith": startswith,
    "endswith": endswith,
    "contains": contains,
    "slugify": slugify,
    "bool": boolean,
    "default": default,
    "d": default,
}
