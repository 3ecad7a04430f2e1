"""The variables of an execution's namespace, as they were at its start."""

from collections.abc import Mapping

from shared.executions.models import Execution
from shared.json_text import Json
from shared.namespaces.models import ReadVariables, Variables
from shared.namespaces.variables import LazySet


def read_nothing(_tenant: str, _digest: str) -> Variables:
    """Find no variables: what has none of a namespace never asks."""
    return {}


def namespace_variables(execution: Execution, read: ReadVariables) -> Mapping[str, Json]:
    """Return the variables that an execution took over; they are read when the first is asked."""
    digest = execution.namespace_variables
    return LazySet(lambda: read(execution.tenant, digest)) if digest else {}
