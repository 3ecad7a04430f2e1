"""Pages of executions: ids from an index, filters beside it, a bounded number of looks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from shared.executions.filters import ExecutionFilter
from shared.executions.models import Execution
from shared.executions.store.indexes import ExecutionIndex
from shared.executions.views.response_size import fitting
from shared.paging import Page, decode_id, encode_cursor

MAX_LOOKS, LOOK = 50, 100
"""A page makes at most so many looks, at so many executions each, before it answers."""

Order = Literal["newest", "oldest"]
Listed = TypeVar("Listed", bound=Execution)


@dataclass(frozen=True)
class Listing:
    """The executions that are listed: whose, which of them, in which order."""

    tenant: str
    wanted: ExecutionFilter
    order: Order

    @property
    def query(self) -> str:
        """The name of this list, which its cursors are bound to."""
        last = "" if self.order == "newest" else f"/{self.order}"
        return f"executions/{self.tenant}/{self.wanted}{last}"


def page_of(
    pages: ExecutionIndex,
    listing: Listing,
    read: Callable[[Sequence[str]], Sequence[Listed]],
    *,
    limit: int,
    cursor: str | None,
) -> Page[Listed]:
    """Return a page of what `read` makes of ids; one below `limit` may still have a next."""
    query = listing.query
    after = decode_id(cursor, query) if cursor is not None else None
    found: list[Listed] = []
    for _ in range(MAX_LOOKS):
        ids, after = pages.page_of_ids(
            listing.wanted.partition(listing.tenant),
            bounds=listing.wanted.bounds(),
            limit=min(LOOK, limit - len(found)),
            after=after,
            is_oldest_first=listing.order == "oldest",
        )
        found += read(ids)
        shown = fitting(found, limit)
        if len(shown) < len(found):
            return Page(shown, encode_cursor(shown[-1].id, query))
        if after is None or len(found) >= limit:
            break
    return Page(tuple(found), encode_cursor(after, query) if after else None)
