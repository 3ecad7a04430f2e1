"""The flows that are measured: K inline tasks in a row, each with a small record."""


def chain(tasks: int) -> str:
    """A flow of so many `core.set` tasks, each reading the one before it."""
    lines = [f"name: chain-{tasks}", "tasks:"]
    for number in range(tasks):
        value = f"'{{{{ outputs.t{number - 1}.n + 1 }}}}'" if number else "0"
        lines.append(
            f"  - {{name: t{number}, type: core.set, properties: {{values: {{n: {value}}}}}}}"
        )
    return "\n".join(lines) + "\n"
