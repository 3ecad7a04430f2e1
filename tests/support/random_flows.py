"""Flows at random, valid by construction: every rule of order and outcome has a chance in them."""

import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
Task = dict[str, Any]
NOWHERE = "https://nowhere.example/"


class Author:
    """Writes one flow; `waits` allows what takes time (delays, `flow.wait`, time-outs)."""

    def __init__(self, draw: Draw, *, waits: bool) -> None:
        self._draw = draw
        self._waits = waits
        self._numbers = itertools.count()
        self._is_retried = False

    def flow(self) -> Task:
        self._is_retried = self._rarely()
        tasks = self._tasks([], depth=2, most=4)
        names = [task["name"] for task in tasks]
        flow: Task = {
            "name": "random",
            "tasks": tasks,
            "outputs": {"last": f"{{{{ outputs.{names[-1]}.v | default(-1) }}}}"},
        }
        for section in ("errors", "finally"):
            if self._rarely():
                flow[section] = self._tasks(names, depth=1, most=2)
        if self._is_retried:
            flow["retry"] = self._retry()
        return flow

    def _tasks(self, readable: list[str], *, depth: int, most: int, loop: str = "") -> Any:
        is_graph = self._draw(st.booleans())
        tasks: list[Task] = []
        known = list(readable)
        for _ in range(self._draw(st.integers(1, most))):
            task = self._task(known, depth=depth, loop=loop)
            if is_graph and (self._draw(st.booleans()) or not tasks):
                before = st.lists(st.sampled_from([t["name"] for t in tasks]), unique=True)
                task["dependsOn"] = self._draw(before) if tasks else []
            tasks.append(task)
            known += _names(task)
        return tasks

    def _task(self, known: list[str], *, depth: int, loop: str) -> Task:
        task: Task = {"name": f"t{next(self._numbers)}"} | self._kind(known, depth, loop=loop)
        if self._rarely():
            task["when"] = self._draw(st.sampled_from([False, "false", self._condition(known)]))
        if self._draw(st.integers(0, 2)) == 0:
            task["runWhen"] = self._draw(st.sampled_from(["done", "failed"]))
        if self._rarely():
            task["allowFailure"] = True
        if self._draw(st.integers(0, 9)) == 0:
            task["disabled"] = True
        return task

    def _kind(self, known: list[str], depth: int, *, loop: str) -> Task:
        kinds: list[Callable[..., Task]] = [self._set, self._check, self._check, self._gate]
        if self._waits:
            kinds += [self._wait, self._call]
        if depth:
            kinds += [self._container] * 5
        write: Callable[..., Task] = self._draw(st.sampled_from(kinds))
        return write(known, depth - 1, loop=loop)

    def _container(self, known: list[str], depth: int, *, loop: str) -> Task:
        kinds: list[Callable[..., Task]] = [self._if, self._switch, self._parallel, self._foreach]
        kinds += [self._rounds]
        write = self._draw(st.sampled_from([*kinds, self._foreach]))
        outer, is_retried = self._is_retried, self._rarely()
        self._is_retried = outer or is_retried
        task: Task = write(known, depth, loop=loop)
        self._is_retried = outer
        return task | ({"retry": self._retry()} if is_retried else {})

    def _set(self, known: list[str], _depth: int, *, loop: str) -> Task:
        return {"type": "core.set", "properties": {"values": {"v": self._value(known, loop=loop)}}}

    def _check(self, known: list[str], _depth: int, *, loop: str) -> Task:
        values = ["{{ task.attempt }}", "{{ execution.attempt }}", self._value(known, loop=loop)]
        schema = {"type": "number", "minimum": self._draw(st.integers(1, 3))}
        properties = {"data": self._draw(st.sampled_from(values)), "schema": schema}
        task: Task = {"type": "util.validate", "properties": properties}
        if self._draw(st.booleans()):
            task["retry"] = self._retry()
        return task

    def _wait(self, _known: list[str], _depth: int, *, loop: str) -> Task:
        del loop
        duration = self._draw(st.sampled_from([2, 60, 3600]))
        return {"type": "flow.wait", "properties": {"duration": duration}}

    def _call(self, _known: list[str], _depth: int, *, loop: str) -> Task:
        """A call of a service that never answers."""
        del loop
        timeout = self._draw(st.sampled_from([1, "2s", "{{ 1 + 1 }}"]))
        task = {"type": "http.request", "properties": {"url": NOWHERE}, "timeout": timeout}
        return task | ({"retry": self._retry()} if self._draw(st.booleans()) else {})

    def _gate(self, _known: list[str], _depth: int, *, loop: str) -> Task:
        """A question whose message is what becomes of it: `yes`, `no`, or `late`."""
        del loop
        answers = ["yes", "no", "late"] if self._waits else ["yes", "no"]
        properties: Task = {"message": self._draw(st.sampled_from(answers)), "timeout": "1h"}
        if self._draw(st.booleans()):
            properties["onTimeout"] = self._draw(st.sampled_from(["reject", "approve", "fail"]))
        if self._rarely():
            properties |= {"remind": ["10m"], "escalate": [{"after": "20m", "to": "boss"}]}
        task = {"type": "flow.gate", "properties": properties}
        return task | ({"retry": self._retry()} if self._rarely() else {})

    def _if(self, known: list[str], depth: int, *, loop: str) -> Task:
        conditions = ["{{ task.attempt - 1 }}", self._condition(known)]
        condition = self._draw(st.sampled_from(conditions))
        task: Task = {"type": "flow.if", "properties": {"condition": condition}}
        task["then"] = self._tasks(known, depth=depth, most=2, loop=loop)
        if self._draw(st.booleans()):
            task["else"] = self._tasks(known, depth=depth, most=2, loop=loop)
        return task

    def _switch(self, known: list[str], depth: int, *, loop: str) -> Task:
        values = ["{{ task.attempt }}", 2, self._value(known, loop=loop)]
        value = self._draw(st.sampled_from(values))
        task: Task = {"type": "flow.switch", "properties": {"value": value}}
        task["cases"] = {"1": self._tasks(known, depth=depth, most=2, loop=loop)}
        if self._draw(st.booleans()):
            task["default"] = self._tasks(known, depth=depth, most=2, loop=loop)
        return task

    def _parallel(self, known: list[str], depth: int, *, loop: str) -> Task:
        return {
            "type": "flow.parallel",
            "properties": {"concurrency": self._draw(st.integers(0, 2))},
            "tasks": self._tasks(known, depth=depth, most=3, loop=loop),
        }

    def _foreach(self, known: list[str], depth: int, *, loop: str) -> Task:
        del loop
        ranges = ["{{ range(3) }}", "{{ range(3 - task.attempt) }}"]
        items = st.sampled_from([[], [1], [0, 1, 2], {"a": 1, "b": 2}, *ranges])
        properties = {"items": self._draw(items)}
        if self._draw(st.booleans()):
            # With several at once, which ones a failure still keeps from starting is a race.
            properties |= {"failFast": False, "concurrency": self._draw(st.integers(0, 3))}
        tasks = self._tasks(known, depth=depth, most=3, loop="items")
        if self._rarely():
            name = self._draw(st.sampled_from([*known, *_names(tasks[0])]))
            read = [f"outputs.{name}.v | default(0)", f"tasks.{name}.status | default(0)"]
            properties["collect"] = self._draw(st.sampled_from(["index", "item", *read]))
        return {"type": "flow.foreach", "properties": properties, "tasks": tasks}

    def _rounds(self, known: list[str], depth: int, *, loop: str) -> Task:
        """A loop, until what may hold at once, later or never."""
        del loop
        tasks = self._tasks(known, depth=depth, most=3, loop="rounds")
        read = self._draw(st.sampled_from([name for task in tasks for name in _names(task)]))
        holds = ["index", "index > 1", "task.attempt - 1", f"outputs.{read}.v | default(0)", False]
        properties: Task = {"until": self._draw(st.sampled_from(holds))}
        properties["maxRounds"] = self._draw(st.integers(1, 3))
        if self._draw(st.booleans()):
            properties["onExhausted"] = "continue"
        if self._waits and self._draw(st.booleans()):
            backoff = {"delay": 2, "type": "exponential", "factor": 40, "maxDelay": "1h"}
            properties["interval"] = self._draw(st.sampled_from([2, "30m", backoff]))
        return {"type": "flow.loop", "properties": properties, "tasks": tasks}

    def _value(self, known: list[str], *, loop: str) -> Any:
        values: list[Any] = [0, 1, "{{ 1 + 1 }}"]
        if loop:
            values += ["{{ index }}", "{{ item }}" if loop == "items" else "{{ index + 1 }}"]
        elif not self._is_retried:
            # With one that is never retried beside one that is, which comes first is a race.
            values.append("{{ inputs.nope }}")
        if known:
            name = self._draw(st.sampled_from(known))
            values += [f"{{{{ outputs.{name}.v | default(0) }}}}"] * 3
            values.append(f"{{{{ tasks.{name}.status | default(0) }}}}")
        return self._draw(st.sampled_from(values))

    def _condition(self, known: list[str]) -> str:
        if not known:
            return str(self._draw(st.sampled_from(["true", "false"])))
        name = self._draw(st.sampled_from(known))
        ended = f"{{{{ tasks.{name}.status | default(0) == 'SUCCESS' }}}}"
        read = f"{{{{ outputs.{name}.v | default(0) }}}}"
        return str(self._draw(st.sampled_from([read, read, ended])))

    def _retry(self) -> Task:
        delays = [0, 2, 3600] if self._waits else [0]
        return {
            "maxAttempts": self._draw(st.integers(1, 3)),
            "delay": self._draw(st.sampled_from(delays)),
        }

    def _rarely(self) -> bool:
        return bool(self._draw(st.integers(0, 4)) == 0)


def _names(task: Task) -> list[str]:
    """A task and all that it holds."""
    lists = [task.get(key) or [] for key in ("tasks", "then", "else", "default")]
    lists += (task.get("cases") or {}).values()
    return [task["name"], *(name for each in lists for inner in each for name in _names(inner))]


@st.composite
def flows(draw: Draw, *, waits: bool = True) -> Task:
    """A flow as its author would write it in JSON."""
    return Author(draw, waits=waits).flow()
