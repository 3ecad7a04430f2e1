"""The words in which a noun says what it is made of: its table, and its function."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.constructs.function import PlatformFunction
    from infra.resources import Resources


@dataclass(frozen=True, kw_only=True)
class Index:
    """A global index by two text attributes; it holds keys, and the attributes it `carries`."""

    name: str
    partition: str
    sort: str
    carries: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table by text keys; `expires` names the attribute after whose time an item is removed."""

    partition: str
    sort: str | None = None
    expires: str | None = None
    indexes: tuple[Index, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Function:
    """A Lambda function, `functions/<module's name>`: what it is told, its size, what it may do.

    `variables` are names of its environment: `<NOUN>_TABLE_NAME` of any table, and what the stack
    knows beside. A function of the API has API Gateway's 29 seconds; 1,769 MB are one
    processor.
    """

    grant: "Callable[[PlatformFunction, Resources], None]"
    variables: tuple[str, ...] = ()
    seconds: int = 29
    memory_mb: int = 512


def construct_id(noun: str) -> str:
    """Return a noun as ids of constructs have it: `UserTasks` for `user_tasks`."""
    return "".join(part.title() for part in noun.split("_"))
