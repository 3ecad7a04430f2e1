"""A flow's variables read one another, but never in a circle."""

from collections.abc import Iterator

from shared.expressions import TemplateSyntaxError, parse_template
from shared.flows.graph import Edge, find_cycle
from shared.flows.rules.order import from_first
from shared.flows.rules.report import Spot
from shared.flows.rules.templates import templated


def check_variables(spot: Spot | None) -> None:
    """Report the first circle of variables that read one another."""
    if spot is None:
        return
    spots = dict(spot.entries())
    edges = [
        Edge(read, name, written=True)
        for name, child in spots.items()
        for read in dict.fromkeys(_reads(child))
        if read in spots
    ]
    if cycle := find_cycle(edges):
        shown = from_first(cycle, list(spots))
        spots[shown[0]].refuse(f"cycle of variables: {' -> '.join(shown)}")


def _reads(spot: Spot) -> Iterator[str]:
    for leaf in templated(spot):
        try:
            members = parse_template(leaf.value).references.members
        except TemplateSyntaxError:
            continue
        yield from sorted(name for root, name in members if root == "vars")
