"""The bar: what one execution of K inline tasks may cost (docs/architecture.md)."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Cost:
    """Counts for one execution; the units are those of the tables, without indexes."""

    transitions: float
    invocations: float
    write_units: float
    reads: float


def budget(tasks: int) -> Cost:
    """Return the bar of an execution with an idempotency key; one less is read without.

    The fourth read is of what the flow's namespace says at the start. The bar was three before
    there were namespaces; a record of the flow that said it would be stale after a PUT.
    """
    return Cost(transitions=3, invocations=2, write_units=tasks + 5, reads=4)


def exceeded(measured: Cost, bar: Cost) -> list[str]:
    """Return the names of the counts that are over the bar."""
    limits = asdict(bar)
    return [name for name, value in asdict(measured).items() if value > limits[name]]
