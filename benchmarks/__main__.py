"""`make bench`: what executions cost beside the budget, and what takes how long; as JSON."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.budget import Cost, budget, exceeded
from benchmarks.counting import count
from benchmarks.cpu import cpu
from benchmarks.flows import CHILD, FEATURES, beside, chain
from benchmarks.imports import BAR, imports
from benchmarks.large import MAX_HISTORY, large
from benchmarks.throughput import local
from benchmarks.units import units

RESULTS = Path(__file__).parent / "results"
SIZES = (1, 3, 10, 50)
COLUMNS = ("transitions", "invocations", "write units", "reads", "index writes", "read units")


def measure(tasks: int, *, key: str | None) -> dict[str, Any]:
    """Measure one execution of K tasks on a warm platform, started with or without a key.

    A turn of more than a second reads once more each second, so a slow machine tries again where a
    turn is long.
    """
    tries = 3 if tasks > 10 else 1
    counted = min((count(chain(tasks), key=key) for _ in range(tries)), key=lambda one: one.reads)
    spent = units(counted.setup, counted.calls)
    cost = Cost(counted.transitions, counted.invocations, spent.write, counted.reads)
    return {
        "tasks": tasks,
        "key": key is not None,
        "measured": asdict(cost),
        "budget": asdict(budget(tasks)),
        "exceeded": exceeded(cost, budget(tasks)),
        "indexWriteUnits": spent.index_write,
        "indexWriteUnitsByIndex": dict(spent.by_index),
        "readUnits": spent.read + spent.index_read,
        "awsCalls": counted.operations,
    }


def main() -> int:
    """Return 1 when a count is over its bar; a time never fails, for machines differ."""
    RESULTS.mkdir(exist_ok=True)
    is_costly = show_cost()
    show_features()
    show_cpu()
    show_imports()
    show_large()
    show_local()
    return 1 if is_costly else 0


def show_cost() -> bool:
    """Count, print and write; return whether a count is over its bar."""
    rows = [measure(tasks, key=key) for tasks in SIZES for key in (None, "bench")]
    written = _write("cost", rows)
    print("Per execution of K inline tasks, records up to 1 KB: measured/budget")
    print(f"{'K':>4} {'key':>4}", *(f"{name:>14}" for name in COLUMNS))
    for row in rows:
        print(_line(row))
    print(f"All figures, AWS calls by operation included: {written}")
    return any(row["exceeded"] for row in rows)


def show_features() -> None:
    """Count what each feature adds to a flow of one task, and print it."""
    plain = _cost(beside())
    rows = {
        name: {unit: used - plain[unit] for unit, used in _cost(beside(line), child=CHILD).items()}
        for name, line in FEATURES.items()
    }
    written = _write("features", rows)
    print("\nWhat it adds: transitions, invocations, write units, reads")
    for name, added in rows.items():
        print(f"{name:>22}", *(f"{used:>6g}" for used in added.values()))
    print(f"A foreach of 10: by 10 for an iteration; a loop of 3: by 3 for a round. {written}")


def _cost(text: str, *, child: str | None = None) -> dict[str, float]:
    counted = count(text, child=child)
    write = units(counted.setup, counted.calls).write
    return asdict(Cost(counted.transitions, counted.invocations, write, counted.reads))


def show_cpu() -> None:
    rows = cpu((1, 3, 10, 50))
    written = _write("cpu", [asdict(row) for row in rows])
    print(
        "\nMilliseconds of processor time of our own code for K tasks: start, turn; inside of boto"
    )
    for row in rows:
        print(f"{row.tasks:>4} {row.start:>6.1f} {row.turn:>6.1f} {row.aws_calls:>8.1f}")
    print(f"Warm, in this process, medians; moto is in boto's: {written}")


def show_large() -> None:
    rows = large()
    written = _write("large", [asdict(row) for row in rows])
    print("\nLarge flows on moto: seconds to compile and to run, events of the history, turns")
    for row in rows:
        times = f"{row.compile_seconds:>6.2f} {row.run_seconds:>7.1f}"
        print(f"{row.flow:>30} {row.status} {times} {row.events:>6} {row.invocations:>4}")
    print(f"A history holds {MAX_HISTORY:,} events: {written}")


def show_local() -> None:
    found = local()
    written = _write("local", asdict(found))
    print("\nOn the local stack, over HTTP: executions of a task a second; start p50, p95 in ms")
    for row in found.throughput:
        starts = f"{row.start_p50_milliseconds:>6.0f} {row.start_p95_milliseconds:>6.0f}"
        print(f"{row.callers:>4} callers {row.per_second:>6.1f} {starts}")
    print(f"Twelve waits of 2 s side by side: {found.twelve_waits_seconds:.1f} s. {written}")


def show_imports() -> None:
    """Time, print and write."""
    rows = imports()
    written = _write("imports", [asdict(row) for row in rows])
    print(f"\nImporting a function, as multiple of boto3 and Powertools alone (API: up to {BAR})")
    for row in rows:
        mark = "  over the bar" if row.is_over else ""
        print(f"{row.function:>12} {row.seconds * 1000:>6.0f} ms {row.ratio:>6.2f}{mark}")
    print(f"Processor time in fresh processes, median: {written}")


def _write(name: str, rows: Any) -> Path:
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    return path


def _line(row: dict[str, Any]) -> str:
    against = (
        f"{row['measured'][name]:g}/{row['budget'][name]:g}"
        for name in ("transitions", "invocations", "write_units", "reads")
    )
    alone = (f"{row['indexWriteUnits']:g}", f"{row['readUnits']:g}")
    cells = (f"{cell:>14}" for cell in (*against, *alone))
    return " ".join([f"{row['tasks']:>4} {'yes' if row['key'] else 'no':>4}", *cells])


if __name__ == "__main__":
    sys.exit(main())
