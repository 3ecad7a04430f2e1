"""URLs taken apart, those with an endless host refused first."""

import re
from urllib.parse import SplitResult, urlsplit

from shared.messages import InvalidValueError

MAX_AUTHORITY = 1_000
_AUTHORITY = re.compile(r"[^/?#]*//([^/?#]*)")
_DROPPED = re.compile(r"[\t\r\n]")
_BLANK = frozenset(map(chr, range(0x21)))


def split_url(url: str) -> SplitResult:
    """Split a URL; ValueError when it is malformed.

    The standard library drops tabs, line breaks and leading spaces, which makes another URL, as
    a space at its end does; and it normalises a host that is no ASCII, which takes quadratic time.
    """
    if _DROPPED.search(url):
        raise InvalidValueError("it has a tab or a line break in it")
    if url[:1] in _BLANK or url[-1:] in _BLANK:
        raise InvalidValueError("it begins or ends with a space or a control character")
    authority = _AUTHORITY.match(url)
    if authority and len(authority[1]) > MAX_AUTHORITY:
        raise InvalidValueError(f"the host has more than {MAX_AUTHORITY} characters")
    return urlsplit(url)
