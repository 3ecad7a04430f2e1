"""The flows that are measured: K inline tasks in a row, each with a small record."""

CHILD = "{name: child, tasks: [{name: c, type: core.set, properties: {values: {}}}]}"


def beside(line: str = "") -> str:
    """Return a flow of one plain task, and one more of any kind."""
    return f"""
name: beside
tasks:
  - {{name: plain, type: core.set, properties: {{values: {{}}}}}}
{line}"""


FEATURES = {
    "a task more": "  - {name: x, type: core.set, properties: {values: {}}}",
    "a task retried once": "  - {name: x, type: util.validate, retry: {maxAttempts: 2, delay: 2s},"
    " properties: {data: '{{ task.attempt }}', schema: {minimum: 2}}}",
    "a wait": "  - {name: x, type: flow.wait, properties: {duration: 2s}}",
    "a gate, approved": "  - {name: x, type: flow.gate, properties: {message: Go?}}",
    "an if with a task": "  - {name: x, type: flow.if, properties: {condition: true},"
    " then: [{name: y, type: core.set, properties: {values: {}}}]}",
    "a foreach of 10 tasks": "  - {name: x, type: flow.foreach, properties:"
    " {items: '{{ range(10) }}'}, tasks: [{name: y, type: core.set, properties: {values: {}}}]}",
    "a loop of 3 rounds": "  - {name: x, type: flow.loop, properties:"
    " {until: index == 2, interval: 2s}, tasks: [{name: y, type: core.set,"
    " properties: {values: {}}}]}",
    "a subflow of one task": "  - {name: x, type: flow.subflow,"
    " properties: {namespace: default, name: child}}",
}
"""The parts that may stand beside the plain task; their cost is the difference to it alone."""


def chain(tasks: int) -> str:
    """Return a flow of so many `core.set` tasks, each reading the one before it."""
    lines = [f"name: chain-{tasks}", "tasks:"]
    for number in range(tasks):
        value = f"'{{{{ outputs.t{number - 1}.n + 1 }}}}'" if number else "0"
        lines.append(
            f"  - {{name: t{number}, type: core.set, properties: {{values: {{n: {value}}}}}}}"
        )
    return "\n".join(lines) + "\n"


def wide(branches: int, seconds: int) -> str:
    """Return a flow of so many waits side by side."""
    waits = "\n".join(
        f"      - {{name: w{number}, type: flow.wait, properties: {{duration: {seconds}s}}}}"
        for number in range(branches)
    )
    return f"name: wide\ntasks:\n  - name: all\n    type: flow.parallel\n    tasks:\n{waits}\n"


SET = "type: core.set, properties: {values: {n: '{{ item }}'}}"
WAIT = "type: flow.wait, properties: {duration: 2s}"


def loop(items: int, concurrency: int, task: str = SET) -> str:
    """Return a loop over so many items, with a task for each."""
    return f"""
name: loop
tasks:
  - name: each
    type: flow.foreach
    properties: {{items: '{{{{ range({items}) }}}}', concurrency: {concurrency}}}
    tasks:
      - {{name: x, {task}}}
outputs: {{count: '{{{{ outputs.each.count }}}}'}}
"""
