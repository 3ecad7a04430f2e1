"""Names of namespaces, which flows, credentials and keys stand in."""

from typing import Annotated, Final

from pydantic import StringConstraints

NAMESPACE_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]*$"
MAX_NAMESPACE_LENGTH: Final = 150

Namespace = Annotated[
    str, StringConstraints(pattern=NAMESPACE_PATTERN, max_length=MAX_NAMESPACE_LENGTH)
]

SYSTEM: Final = "system"
"""The platform's own namespace, in which nobody saves anything."""
