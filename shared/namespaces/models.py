"""Namespaces as they are stored, as starts read them, and as they are shown."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints, WithJsonSchema

from shared import names
from shared.json_text import Json
from shared.records import StrictRecord
from shared.times import Timestamp

DEFAULT: Final = "default"
"""The namespace that is always there."""
MAX_VARIABLES_BYTES: Final = 64 * 1024
MAX_DESCRIPTION_LENGTH: Final = 1_000
"""The characters of the longest description: every start reads the row, by units of 4 KB."""

Variables = Mapping[str, Json]
"""The variables of a namespace, by name: values as they are."""
ReadVariables = Callable[[str, str], Variables]
"""The function that reads a set of variables, by tenant and digest."""


def is_namespace(text: str) -> bool:
    """Tell whether a text may be the name of a namespace."""
    is_short = len(text) <= names.MAX_NAMESPACE_LENGTH
    return is_short and bool(re.fullmatch(names.NAMESPACE_PATTERN, text))


@dataclass(frozen=True)
class NamespaceSettings:
    """The parts of a namespace that an execution takes at its start.

    `variables` is the digest of a set of variables, which never changes; None: there are none.
    """

    retention_seconds: int | None = None
    variables: str | None = None


NO_SETTINGS: Final = NamespaceSettings()


class NamespaceRecord(StrictRecord):
    """The row of a namespace; `version` counts writes.

    `retention` is what is shown, `retention_seconds` what counts. `variables` is the digest of the
    set of variables, `variables_bytes` its size.
    """

    name: str
    description: str | None = None
    retention: str | None = None
    retention_seconds: int | None = None
    variables: str | None = None
    variables_bytes: int = 0
    version: int
    created_at: Timestamp
    updated_at: Timestamp

    @property
    def settings(self) -> NamespaceSettings:
        return NamespaceSettings(self.retention_seconds, self.variables)


class NamespaceCounts(StrictRecord):
    """The numbers of things in a namespace."""

    flows: int = 0
    credentials: int = 0
    keys: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.flows or self.credentials or self.keys)

    @property
    def summary(self) -> str:
        """The numbers as one text, empty for none."""
        return "" if self.is_empty else f"{self.flows}-{self.credentials}-{self.keys}"


class Namespace(StrictRecord):
    """A namespace as the API shows it.

    `createdAt` is null for one that nobody has written, the default or one of flows alone. A list
    shows `variables` up to 2.5 MB in all; those of the rest are null there.
    """

    name: str
    description: str | None
    retention: str | None
    variables: dict[str, Any] | None
    plugin_defaults: dict[str, Any] = {}
    counts: NamespaceCounts
    created_at: Timestamp | None
    updated_at: Timestamp | None
    version: int = Field(exclude=True)

    @classmethod
    def of(
        cls,
        name: str,
        record: NamespaceRecord | None,
        variables: Variables | None,
        counts: NamespaceCounts,
    ) -> "Namespace":
        """Show a namespace, with or without a row."""
        return cls(
            name=name,
            description=record.description if record else None,
            retention=record.retention if record else None,
            variables=None if variables is None else dict(variables),
            counts=counts,
            created_at=record.created_at if record else None,
            updated_at=record.updated_at if record else None,
            version=record.version if record else 0,
        )


Description = Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION_LENGTH)]
Retention = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}],
            "description": "A duration, for executions of flows without one; empty: none.",
        }
    ),
]


class NamespacePatch(StrictRecord):
    """Any subset of a namespace's fields: null or missing stays, empty clears.

    `name` stays as it is; `counts`, `createdAt` and `updatedAt` are the platform's, and ignored.
    """

    name: names.Namespace | None = None
    description: Description | None = None
    retention: Retention = None
    variables: dict[str, Any] | None = Field(
        default=None, description="Values as they are, read as `vars`; 64 KiB of JSON at most."
    )
    plugin_defaults: dict[str, Any] | None = Field(
        default=None, description="Not there yet: null or {}."
    )
    counts: Any = None
    created_at: Any = None
    updated_at: Any = None
