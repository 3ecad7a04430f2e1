"""The counts of what is in namespaces; each noun counts its own, and is wired in `functions/`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.namespaces.models import NamespaceCounts


@dataclass(frozen=True, kw_only=True)
class Members:
    """The counters of what is in a namespace, by noun, and of what one reading tells of all."""

    flows_by_namespace: Callable[[], Mapping[str, int]]
    flows_in: Callable[[str], int]
    credentials_by_namespace: Callable[[], Mapping[str, int]]
    keys_in: Callable[[str], int]

    def of(self, name: str) -> NamespaceCounts:
        credentials = self.credentials_by_namespace().get(name, 0)
        return self.beside(name, flows=self.flows_in(name), credentials=credentials)

    def beside(self, name: str, *, flows: int, credentials: int) -> NamespaceCounts:
        """Count the keys in a namespace with so many flows and credentials."""
        return NamespaceCounts(flows=flows, credentials=credentials, keys=self.keys_in(name))
