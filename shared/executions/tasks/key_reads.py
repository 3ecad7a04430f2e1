"""The keys that the templates of one attempt read by `kv()`: each once, and not too many."""

import json
from collections.abc import Callable

from shared.expressions import Json, TemplateError

MAX_KEYS = 50
MAX_BYTES = 4 * 1024 * 1024
"""Of all values together, as JSON."""

ReadKey = Callable[[str, str, str], str | None]
"""The function that reads a key of a tenant and a namespace, as JSON text; None: there is none."""


class KeyReads:
    """The reads of one attempt: what it has read stays as it was, whatever is written meanwhile.

    `namespace` is the flow's own, where a template names none.
    """

    def __init__(self, read: ReadKey, tenant: str, namespace: str) -> None:
        self._read = read
        self._tenant = tenant
        self._namespace = namespace
        self._found: dict[tuple[str, str], Json] = {}
        self._left = MAX_BYTES

    def __call__(self, key: str, namespace: str | None) -> Json:
        """Return a key's value, null if there is none; TemplateError beyond the bounds."""
        place = (namespace or self._namespace, key)
        if place not in self._found:
            self._found[place] = self._value(*place)
        return self._found[place]

    def _value(self, namespace: str, key: str) -> Json:
        if len(self._found) >= MAX_KEYS:
            raise TemplateError(f"kv() reads more than {MAX_KEYS} keys in one attempt")
        text = self._read(self._tenant, namespace, key)
        if text is None:
            return None
        self._left -= len(text)
        if self._left < 0:
            raise TemplateError(f"kv() reads more than {MAX_BYTES} bytes in one attempt")
        return json.loads(text)
