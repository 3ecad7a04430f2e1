"""What a flow comes to: sections 5, 6 and 10 over its graph, without time, threads or records."""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shared.executions.scheduling.task_tree import TaskTree
from shared.expressions import Scope, is_true, parse_expression
from shared.flows.plans.plan import Plan
from tests.support.plugins import NOW


class Seen(NamedTuple):
    """A task that is over: one of `causes` is told as its failure; `before` stand for a skip."""

    status: str
    outputs: Any
    causes: Any = frozenset()
    attempts: int = 1
    before: Any = ()


class Ends(Mapping[str, Any]):
    """How tasks ended, for who stands in `loops`, in iteration `at`: its own and those round it."""

    def __init__(self, reference: "Reference", loops: tuple[str, ...], at: str) -> None:
        self.reference, self.loops, self.at = reference, loops, at

    def __getitem__(self, name: str) -> Any:
        loops = self.reference.tree.loops[name]
        if self.loops[: len(loops)] != loops:
            raise KeyError(name)
        place = ".".join(self.at[1:].split(".")[: len(loops)])
        seen = self.reference.seen.get(f"{name}#{place}" if place else name)
        return {"status": "SKIPPED" if seen is None or seen.status == "BLOCKED" else seen.status}

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.reference.tree.loops if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Reference:
    """A flow run to its end; `seen` by name and iteration. `attempt` makes one of one task."""

    def __init__(self, plan: Plan, attempt: Any) -> None:
        self.plan, self.attempt, self.tree = plan, attempt, TaskTree(plan)
        for number in range(1, (plan.retry.max_attempts if plan.retry else 1) + 1):
            self.seen, self.roots = dict[str, Seen](), dict[str, Any](execution={"attempt": number})
            self.roots |= {"inputs": {}, "outputs": {each.task.name: {} for each in plan.tasks}}
            self.failed = self.run("main", None, "", self.roots)
            if not self.failed:
                break
        else:
            self.run("errors", None, "", self.roots)
        self.failed_late = self.run("finally", None, "", self.roots)

    def run(self, place: str, branch: str | None, at: str, roots: Any) -> set[str]:
        """Run one list in any order its edges allow; the failures that may have come first."""
        here = [p for p in self.plan.tasks if (p.parent or p.section, p.branch) == (place, branch)]
        roots = (
            {**roots, "tasks": Ends(self, self.tree.loops[here[0].task.name], at)} if here else {}
        )
        todo, first = {planned.task.name: planned for planned in here}, dict[str, set[str]]()
        while todo:
            name = next(n for n in todo if all(b.name not in todo for b in todo[n].predecessors))
            task, edges, before = todo[name].task, todo.pop(name).predecessors, list[Seen]()
            for edge, seen in ((edge, self.seen[edge.name + at]) for edge in edges):
                is_passed_over = not edge.written and seen.status in {"SKIPPED", "BLOCKED"}
                before += seen.before if is_passed_over else [seen]
            seen = (skip(task, before) or self.attempts(task, at, roots))._replace(before=before)
            self.seen[name + at], roots["outputs"][name] = seen, seen.outputs
            first[name] = set[str]().union(*(first[edge.name] for edge in edges)) or seen.causes
        return set[str]().union(*first.values())

    def attempts(self, task: Any, at: str, roots: Any) -> Seen:
        kinds, earlier = {"flow.foreach": self.loop, "flow.loop": self.rounds}, self.seen
        run_inside = kinds.get(task.type, self.branch)
        for number in range(1, (task.retry.max_attempts if task.retry else 1) + 1):
            self.seen, inside = {**earlier}, ChainMap({}, roots["outputs"])
            roots = {**roots, "task": {"attempt": number}}
            status, outputs, is_final = self.attempt(task, roots)
            causes = {task.name} if status in {"FAILED", "TIMED_OUT"} else set[str]()
            if status == "ENTERED":
                causes, outputs = run_inside(task, at, {**roots, "outputs": inside}, outputs)
                status = "FAILED" if causes else "SUCCESS"
            if is_final or not causes:
                break
        roots["outputs"].update(inside.maps[0])
        return Seen(status, outputs, set() if task.allow_failure else causes, number)

    def branch(self, task: Any, at: str, roots: Any, given: Any) -> tuple[set[str], Any]:
        held = [planned.branch for planned in self.plan.tasks if planned.parent == task.name]
        taken, outputs = "tasks", dict[str, Any](count=len(held))
        if task.type == "flow.if":
            taken = "then" if given["condition"] else "else"
            outputs = {"result": given["condition"]}
        elif task.type == "flow.switch":
            taken, outputs = f"cases.{given['value']}", {"value": given["value"]}
            taken = taken if taken in held else "default"
        if task.type != "flow.parallel":
            outputs["branch"] = taken.removeprefix("cases.") if taken in held else "none"
        return self.run(task.name, taken, at, roots), outputs

    def loop(self, task: Any, at: str, roots: Any, given: Any) -> tuple[set[str], Any]:
        items, causes = given["items"], set[str]()
        results, collected, errors = list[Any](), list[Any](), list[Any]()
        for index, key in enumerate(items):
            results.append({})
            collected.append(None)
            if not causes or not given.get("failFast", True):
                local = {"index": index, "item": items[key] if isinstance(items, dict) else key}
                local["outputs"] = ChainMap(results[-1], roots["outputs"])
                place = f"{at}.{index}" if at else f"#{index}"
                failed = self.run(task.name, "tasks", place, {**roots, **local})
                if "collect" in given:
                    ends = Ends(self, (*self.tree.loops[task.name], task.name), place)
                    scope = Scope({**roots, **local, "tasks": ends}, "", NOW)
                    picked = parse_expression(given["collect"]).evaluate(scope)
                    collected[-1] = None if failed else picked
                causes |= set() if causes and given.get("concurrency", 1) == 1 else failed
                named = key if isinstance(items, dict) else None
                errors += [{"index": index, "key": named}] if failed else []
        told = {"results": collected if "collect" in given else results, "errors": errors}
        return causes, {"count": len(items), "failed": len(errors), **told}

    def rounds(self, task: Any, at: str, roots: Any, given: Any) -> tuple[set[str], Any]:
        causes, outputs, index, is_last = set[str](), dict[str, Any](), 0, False
        for index in range(given["maxRounds"]):
            outputs = {}
            local = {**roots, "index": index, "outputs": ChainMap(outputs, roots["outputs"])}
            causes = self.run(task.name, "tasks", f"{at}.{index}" if at else f"#{index}", local)
            is_last = is_true(parse_expression(str(given["until"])).evaluate(Scope(local, "", NOW)))
            if causes or is_last:
                break
        exhausted = not causes and not is_last
        if exhausted and given.get("onExhausted") != "continue":
            causes = {task.name}
        return causes, {"rounds": index + 1, "exhausted": exhausted, "outputs": outputs}


def skip(task: Any, before: list[Seen]) -> Seen | None:
    """Section 5: whether what came before keeps a task from running, and as what kind of skip."""
    statuses = {each.status for each in before}
    blocked = "BLOCKED" in statuses or any(each.causes for each in before)
    dead = statuses == {"SKIPPED"}
    if task.run_when == "done":
        blocked = dead = False
    elif task.run_when == "failed":
        dead, blocked = statuses.isdisjoint({"FAILED", "TIMED_OUT"}), "BLOCKED" in statuses
    is_out = task.disabled or dead or (blocked and task.run_when == "success")
    return Seen("BLOCKED" if blocked else "SKIPPED", {}) if is_out else None
