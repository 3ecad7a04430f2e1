"""The flows on a page: few enough for one answer, found in a bounded number of reads."""

from collections.abc import Callable

from shared.flows.models import FlowFilter, FlowRecord
from shared.flows.records import cost_of

MAX_PAGE_BYTES = 4_000_000
"""The size of a page, as `bytes_of` counts; Lambda answers 6 MB at most."""

MAX_READS = 4
FLOWS_A_READ = 500

Newest = Callable[[int, str | None], tuple[FlowRecord, ...]]


def bytes_of(flow: FlowRecord) -> int:
    """Return what a flow takes in an answer, its text included."""
    return flow.shown_bytes


def summary_bytes_of(flow: FlowRecord) -> int:
    """Return what a flow takes in an answer without its text."""
    return cost_of("", flow)


def choose_page(
    newest: Newest,
    chosen: FlowFilter,
    limit: int,
    position: str | None,
    cost: Callable[[FlowRecord], int] = bytes_of,
) -> tuple[list[FlowRecord], str | None]:
    """Choose a page's flows, and the position to go on from: None if nothing can follow.

    `newest(count, position)` reads on; fewer flows than asked for are the last ones. `cost` says
    what one takes in the answer.
    """
    flows: list[FlowRecord] = []
    size, count = 0, limit + 1 if chosen == FlowFilter() else FLOWS_A_READ
    for _ in range(MAX_READS):
        read = newest(count, position)
        for flow in filter(chosen.accepts, read):
            size += cost(flow)
            if len(flows) == limit or (flows and size > MAX_PAGE_BYTES):
                return flows, flows[-1].id
            flows.append(flow)
        if len(read) < count:
            return flows, None
        position = read[-1].id
    return flows, position
