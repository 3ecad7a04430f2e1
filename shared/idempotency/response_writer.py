"""The writer of a key's answer, which goes into the transaction of the effect it tells of.

So no crash can part them: a repeat of the request finds either both or neither.
"""

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

from shared.dynamodb import Write

Result_contra = TypeVar("Result_contra", contravariant=True)


class ResponseWriter(Protocol[Result_contra]):
    """The writer of the answer that tells of a result; the caller gets the one stored last."""

    def write_with(self, result: Result_contra, /) -> Sequence[Write]:
        """Return what belongs into the transaction of the effect; nothing if nothing is kept."""
        ...

    def write_alone(self, result: Result_contra, /) -> None:
        """Keep the answer of a request that found nothing left to write."""
        ...


class _NotKeyed:
    def write_with(self, _result: object, /) -> Sequence[Write]:
        return ()

    def write_alone(self, _result: object, /) -> None:
        return None


NOT_KEYED: Final = _NotKeyed()
"""The writer for a request without a key."""
