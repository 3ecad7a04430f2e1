"""What a flow comes to, worked out one task after another: the engine is compared with it.

Written from the flow language (sections 4, 5, 6, 10) alone: no time, no threads, no records.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from shared.expressions import Scope, TemplateError, is_true, parse_expression, render_tree
from shared.flows.definition import FlowDefinition, TaskDefinition
from shared.flows.graph import nested_lists, walk
from shared.plugins.plugin import PluginError
from tests.support.plugins import run_plugin

Tasks = Sequence[TaskDefinition]
Names = frozenset[str]
NONE: Names = frozenset()


@dataclass(frozen=True)
class Seen:
    """A task that is over; `causes` may be named as what failed in it, if that counts."""

    status: str
    outputs: dict[str, Any] = field(default_factory=dict)
    attempts: int = 1
    satisfies: bool = True
    causes: Names = NONE
    is_decided: bool = True
    is_entered: bool = False


class Reference:
    """A flow run to its end: `seen` by name, with the iteration where there is one (`a#0.2`)."""

    def __init__(self, flow: FlowDefinition) -> None:
        for self.attempt in range(1, (flow.retry.max_attempts if flow.retry else 1) + 1):
            self.seen, outputs = dict[str, Seen](), dict[str, Any]()
            failed = self.run(flow.tasks, "", outputs, {})
            if not failed:
                break
        ends = [key for key, seen in self.seen.items() if seen.status in {"SUCCESS", "FAILED"}]
        self.executed = len({key.partition("#")[0] for key in ends})
        if failed:
            self.run(flow.errors, "", outputs, {})
        else:
            self.leave_out(flow.errors, "", outputs)
        late = self.run(flow.finally_, "", outputs, {})
        self.causes = failed or late
        self.outputs = render_tree(flow.outputs, self.scope(outputs, {}), "")

    def scope(self, outputs: Any, loop: Any, attempt: int = 1) -> Scope:
        roots = {"outputs": outputs, "inputs": {}, "task": {"attempt": attempt}, **loop}
        return Scope(roots | {"execution": {"attempt": self.attempt}}, "", datetime.now(UTC))

    def run(self, tasks: Tasks, at: str, outputs: Any, loop: Any, *, flat: bool = False) -> Names:
        """Run one list to its end; which failure may have come first."""
        is_graph = flat or any(task.depends_on is not None for task in tasks)
        before, todo = predecessors(tasks, is_graph=is_graph), list(tasks)

        def decisive(name: str) -> Iterator[str]:
            for each in before[name]:
                seen = self.seen[each + at]
                is_passed_over = seen.status == "SKIPPED" and seen.satisfies and not is_graph
                yield from decisive(each) if is_passed_over else (each,)

        def follows_failure(name: str) -> bool:
            return any(self.seen[b + at].causes or follows_failure(b) for b in before[name])

        while todo:
            task = next(t for t in todo if all(name + at in self.seen for name in before[t.name]))
            todo.remove(task)
            skipped = skip(task, [self.seen[name + at] for name in decisive(task.name)])
            seen = skipped or self.one(task, at, outputs, loop)
            if task.allow_failure and seen.status == "FAILED":
                seen = replace(seen, satisfies=True, causes=NONE)
            self.seen[task.name + at], outputs[task.name] = seen, seen.outputs
            if not seen.is_entered:
                self.leave_out(list(walk([task]))[1:], at, outputs)
        first = (task.name for task in tasks if not follows_failure(task.name))
        return NONE.union(*(self.seen[name + at].causes for name in first))

    def leave_out(self, tasks: Tasks, at: str, outputs: Any) -> None:
        for task in walk(tasks):
            self.seen.setdefault(task.name + at, Seen("SKIPPED", is_decided=False))
            outputs.setdefault(task.name, {})

    def one(self, task: TaskDefinition, at: str, outputs: Any, loop: Any) -> Seen:
        attempt, kept = 0, dict[str, Any]()
        while attempt < (task.retry.max_attempts if task.retry else 1):
            attempt += 1
            scope = self.scope(outputs, loop, attempt)
            try:
                if not holds(True if task.when is None else task.when, scope):
                    return Seen("SKIPPED")
                properties = render_tree(task.properties, scope, "")
                if task.type == "flow.foreach":
                    return self.each(task, at, outputs, properties)
                if any(True for _ in nested_lists(task)):
                    return self.branch(task, at, outputs, loop, scope)
                done = {} if task.type == "flow.wait" else run_plugin(task.type, properties)
                return Seen("SUCCESS", dict(done), attempt)
            except TemplateError:
                break
            except PluginError as error:
                kept = error.outputs
        return Seen("FAILED", kept, attempt, satisfies=False, causes=frozenset({task.name}))

    def branch(self, task: TaskDefinition, at: str, outputs: Any, loop: Any, scope: Scope) -> Seen:
        lists, result = dict(nested_lists(task)), dict[str, Any]()
        if task.type == "flow.if":
            result["result"] = holds(task.properties["condition"], scope)
            taken = "then" if result["result"] else "else"
        elif task.type == "flow.switch":
            value = result["value"] = render_tree(task.properties["value"], scope, "")
            taken = f"cases.{value if isinstance(value, str) else json.dumps(value)}"
            taken = taken if taken in lists else "default"
        else:
            taken, result["count"] = "tasks", len(lists["tasks"])
        if task.type != "flow.parallel":
            result["branch"] = taken.removeprefix("cases.") if taken in lists else "none"
        for branch, tasks in lists.items():
            if branch != taken:
                self.leave_out(tasks, at, outputs)
        flat = task.type == "flow.parallel"
        return end(self.run(lists.get(taken, ()), at, outputs, loop, flat=flat), result)

    def each(self, task: TaskDefinition, at: str, outputs: Any, properties: Any) -> Seen:
        items, body, results, causes = properties["items"], task.tasks or (), list[Any](), NONE
        for index, key in enumerate(items):
            results.append({})
            if causes and properties.get("failFast", True):
                continue
            place, keys = (f"{at}.{index}" if at else f"#{index}"), isinstance(items, dict)
            loop = {
                "index": index,
                "key": key if keys else None,
                "item": items[key] if keys else key,
            }
            failed = self.run(body, place, dict(outputs), loop)
            causes = causes or failed if properties.get("concurrency", 1) == 1 else causes | failed
            decided = ((inner.name, self.seen.get(inner.name + place)) for inner in walk(body))
            results[-1] = {name: seen.outputs for name, seen in decided if seen and seen.is_decided}
        for inner in walk(body):
            outputs.setdefault(inner.name, {})
        if not items:
            self.leave_out(body, at, outputs)
        return end(causes, {"count": len(items), "results": results})


def end(causes: Names, outputs: Any) -> Seen:
    status = "FAILED" if causes else "SUCCESS"
    return Seen(status, outputs, satisfies=not causes, causes=causes, is_entered=True)


def holds(condition: Any, scope: Scope) -> bool:
    is_text = isinstance(condition, str)
    return is_true(parse_expression(condition).evaluate(scope) if is_text else condition)


def skip(task: TaskDefinition, before: list[Seen]) -> Seen | None:
    """Section 5: whether a task is SKIPPED because of what came before it."""
    is_blocked = not all(each.satisfies for each in before)
    is_wanted = not is_blocked and not (before and all(b.status == "SKIPPED" for b in before))
    if task.run_when == "done":
        is_wanted, is_blocked = True, False
    elif task.run_when == "failed":
        is_wanted = any(each.status == "FAILED" for each in before)
        is_blocked = any(b.status == "SKIPPED" and not b.satisfies for b in before)
    return None if is_wanted and not task.disabled else Seen("SKIPPED", satisfies=not is_blocked)


def predecessors(tasks: Tasks, *, is_graph: bool) -> dict[str, set[str]]:
    """Section 4: what each task of a list comes after."""
    owners = {inner.name: task.name for task in tasks for inner in walk([task])}
    found: dict[str, set[str]] = {}
    for previous, task in zip([None, *tasks], tasks, strict=False):
        read = re.findall(r"outputs\.(\w+)", task.model_dump_json())
        found[task.name] = {*(task.depends_on or ()), *(owners[r] for r in read if r in owners)}
        if previous and not is_graph:
            found[task.name].add(previous.name)
        found[task.name].discard(task.name)
    return found
