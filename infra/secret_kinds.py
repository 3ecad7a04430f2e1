"""The table of who may do what with which kind of secret: the only place that says so.

The grants come from it, and the table in `docs/operating.md`. A kind is the `kind` of the
encryption context, which whoever asks KMS has to tell.
"""

from collections.abc import Mapping
from enum import StrEnum


class Right(StrEnum):
    """The rights to secrets: to seal them, to open them. Who seals need not be able to open."""

    SEAL = "kms:GenerateDataKey"
    OPEN = "kms:Decrypt"


SECRET_KINDS: Mapping[str, Mapping[str, tuple[Right, ...]]] = {
    "credential": {"credentials": (Right.SEAL,), "runner": (Right.OPEN,)},
    # The runner starts executions too: children.
    "execution": {"executions": (Right.SEAL,), "runner": (Right.SEAL, Right.OPEN)},
}
"""By kind of secret: the functions, and the rights of each; what is not here nobody has."""
