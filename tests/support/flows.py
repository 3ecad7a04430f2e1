"""Flows in memory, and a compiler that reads one line: for tests of what stands above a table."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.errors import FlowChangedError, FlowNameTakenError, InvalidFlowError, Problem
from shared.flows.compilation import Compiled, Findings
from shared.flows.language.definition import FlowDefinition, TaskDefinition
from shared.flows.models import Envelope, FlowRecord, FlowRevision, FlowStatus, Revision
from shared.flows.plans.plan import Plan
from shared.flows.repository import FlowRepository
from shared.flows.service import FlowService
from shared.ids import is_id, new_id

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class InMemoryFlows(FlowRepository):
    """Keeps the promises of the table; `before_write` lets a test write in between."""

    def __init__(self) -> None:
        self.flows: dict[str, FlowRecord] = {}
        self.revisions: dict[tuple[str, int], Revision] = {}
        self.before_write: list[Any] = []

    def add(self, flow: FlowRecord, revision: Revision, also: Any = ()) -> None:
        assert not also, "answers are not kept here"
        if flow.id in self.flows:
            raise FlowChangedError("there already")
        self._check_name(flow)
        self._check_revision(flow, revision, None)
        self.flows[flow.id] = flow
        self.revisions[flow.id, revision.number] = revision

    def replace(
        self,
        old: FlowRecord,
        new: FlowRecord,
        *,
        revision: Revision | None = None,
        plan: bytes | None = None,
        also: Any = (),
    ) -> None:
        assert not also, "answers are not kept here"
        self._check_version(old)
        self._check_name(new)
        self._check_revision(new, revision, plan)
        self.flows[new.id] = new
        if revision:
            self.revisions[new.id, revision.number] = revision
        elif plan:
            current = self.revisions[new.id, new.revision]
            self.revisions[new.id, new.revision] = current.model_copy(update={"plan": plan})

    def remove(self, flow: FlowRecord, also: Any = ()) -> None:
        assert not also, "executions are not kept here"
        self._check_version(flow)
        del self.flows[flow.id]

    def find(self, flow_id: str) -> FlowRecord | None:
        return self.flows.get(flow_id) if is_id(flow_id) else None

    def find_named(self, namespace_and_name: str) -> FlowRecord | None:
        named = {f"{each.namespace}/{each.name}": each for each in self.flows.values()}
        return named.get(namespace_and_name)

    def find_revision(self, flow_id: str, revision: int) -> FlowRevision | None:
        return next(iter(self.find_revisions(flow_id, [revision])), None)

    def find_revisions(self, flow_id: str, numbers: Sequence[int]) -> tuple[FlowRevision, ...]:
        found = (self.revisions.get((flow_id, number)) for number in sorted(numbers, reverse=True))
        return tuple(_shown(revision) for revision in found if revision)

    def names_like(self, namespace: str, beginning: str) -> frozenset[str]:
        names = (each.name for each in self.flows.values() if each.namespace == namespace)
        return frozenset(name for name in names if name.startswith(beginning))

    def newest(self, limit: int, after: str | None = None) -> tuple[FlowRecord, ...]:
        ids = sorted((each for each in self.flows if after is None or each < after), reverse=True)
        return tuple(self.flows[each] for each in ids[:limit])

    def texts(self, flows: Iterable[FlowRecord]) -> dict[str, str]:
        found = {flow.id: self.revisions.get((flow.id, flow.revision)) for flow in flows}
        return {flow_id: revision.text for flow_id, revision in found.items() if revision}

    def _check_version(self, old: FlowRecord) -> None:
        if self.before_write:
            self.before_write.pop()()
        stored = self.flows.get(old.id)
        if stored is None or stored.version != old.version:
            raise FlowChangedError("changed")

    def _check_revision(
        self, flow: FlowRecord, revision: Revision | None, plan: bytes | None
    ) -> None:
        """Refuse a text, or a plan, in the place of one that is there."""
        place = (flow.id, revision.number if revision else flow.revision)
        known = self.revisions.get(place)
        if known and (revision or (plan and known.plan is not None)):
            raise FlowChangedError("there already")

    def _check_name(self, flow: FlowRecord) -> None:
        place = (flow.namespace, flow.name)
        for other in self.flows.values():
            if other.id != flow.id and (other.namespace, other.name) == place:
                raise FlowNameTakenError("taken", flow_id=other.id)


def _shown(revision: Revision) -> FlowRevision:
    return FlowRevision(
        revision=revision.number,
        yaml_content=revision.text,
        created_at=revision.created_at,
        created_by=revision.created_by,
        comment=revision.comment,
    )


def compile_line(text: str, envelope: Envelope) -> Compiled:
    """Read `name`, `name bad` (refused) or `name later` (not supported yet) as a flow of a task."""
    name, _, rest = text.partition(" ")
    if rest == "bad":
        place = Problem(path="tasks", message="is missing", line=1, column=2)
        raise InvalidFlowError("the flow is not valid", problems=[place])
    definition = FlowDefinition(
        name=envelope.name or name,
        namespace=envelope.namespace or "default",
        labels={"from": "yaml"},
        description=rest or None,
        tasks=(TaskDefinition(name="a", type="util.log"),),
    )
    unsupported = (Problem(path="tasks[0]", message="waits", line=3, column=5),)
    if rest == "later":
        return Compiled(definition, 1, None, unsupported)
    return Compiled(definition, 1, b"plan of " + text.encode())


def inspect_line(text: str, envelope: Envelope) -> Findings:
    doubt = Problem(path="name", message="is odd", line=1, column=1)
    try:
        compiled = compile_line(text, envelope)
    except InvalidFlowError as error:
        return Findings(error.problems, (doubt,), ())
    return Findings((), (), compiled.unsupported)


class Clock:
    """A clock that moves a second each time it is read."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def no_plan(_flow_id: str, _revision: int) -> Plan:
    raise LookupError


def service_over(flows: FlowRepository) -> FlowService:
    return FlowService(
        flows=flows,
        close=lambda _flow, _author: None,
        find_plan=no_plan,
        compile=compile_line,
        inspect=inspect_line,
        now=Clock(),
        new_id=new_id,
        tenant="default",
        author="local",
    )


def a_flow(at: datetime = NOW, **changes: Any) -> FlowRecord:
    fields: dict[str, Any] = {
        "id": new_id(at),
        "name": "a",
        "namespace": "default",
        "status": FlowStatus.ACTIVE,
        "revision": 1,
        "version": 1,
        "tasks_total": 1,
        "has_plan": True,
        "shown_bytes": 100,
        "created_at": at,
        "updated_at": at,
        "created_by": "local",
        **changes,
    }
    return FlowRecord(**fields)


def a_revision(
    number: int = 1, text: str = "name: a", plan: bytes | None = b"plan", **changes: Any
) -> Revision:
    fields = {"created_at": NOW, "created_by": "local", **changes}
    return Revision(number=number, text=text, plan=plan, **fields)
