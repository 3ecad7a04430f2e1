"""The counts of what is in namespaces; each noun counts its own, and is wired in `functions/`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.namespaces.models import NamespaceCounts


@dataclass(frozen=True, kw_only=True)
class Members:
    """The counters of what is in a namespace, by noun, and of flows in all of them."""

    flows_by_namespace: Callable[[], Mapping[str, int]]
    flows_in: Callable[[str], int]
    credentials_in: Callable[[str], int]
    keys_in: Callable[[str], int]

    def of(self, name: str) -> NamespaceCounts:
        return self.beside(name, self.flows_in(name))

    def beside(self, name: str, flows: int) -> NamespaceCounts:
        """Count the rest of what is in a namespace with so many flows."""
        return NamespaceCounts(
            flows=flows, credentials=self.credentials_in(name), keys=self.keys_in(name)
        )
