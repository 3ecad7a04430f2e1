"""The reader of namespaces for what starts executions, for any tenant."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from shared.namespaces.models import NamespaceSettings, ReadVariables
from shared.namespaces.repository import NamespaceRepository, namespace_repository
from shared.namespaces.variables import variable_reader


@dataclass(frozen=True)
class NamespaceReader:
    """The settings that an execution takes over at its start, and the variables they name."""

    namespaces: Callable[[str], NamespaceRepository]
    variables: ReadVariables

    def settings(self, tenant: str, name: str) -> NamespaceSettings:
        """Read the settings of a namespace as they were last written."""
        return self.namespaces(tenant).settings_of(name)


@cache
def namespace_reader() -> NamespaceReader:
    return NamespaceReader(namespace_repository, variable_reader())
