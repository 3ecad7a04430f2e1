"""URLs taken apart, those with an endless host refused first."""

import re
from urllib.parse import SplitResult, urlsplit

from shared.messages import InvalidValueError

MAX_AUTHORITY = 1_000
_AUTHORITY = re.compile(r"[^/?#]*/[\t\r\n]*/([^/?#]*)")
"""As `urlsplit` reads it, which drops tabs and line breaks."""


def split_url(url: str) -> SplitResult:
    """Split a URL; ValueError when it is malformed.

    The standard library normalises a host that is no ASCII, which takes quadratic time.
    """
    authority = _AUTHORITY.match(url)
    if authority and len(authority[1]) > MAX_AUTHORITY:
        raise InvalidValueError(f"the host has more than {MAX_AUTHORITY} characters")
    return urlsplit(url)
