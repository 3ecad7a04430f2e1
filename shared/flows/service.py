"""The use cases of flows: save, read, list, move, delete, and check a text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from shared.dynamodb import Write
from shared.errors import (
    FlowChangedError,
    FlowNotFoundError,
    InvalidRequestError,
    NotSupportedYetError,
    Problem,
    RevisionNotFoundError,
)
from shared.flows.compilation import Compile, Compiled, Inspect
from shared.flows.items import Item
from shared.flows.lifecycle import moved_to
from shared.flows.listing import Newest, bytes_of, choose_page, summary_bytes_of
from shared.flows.models import (
    Flow,
    FlowContent,
    FlowDraft,
    FlowFilter,
    FlowPatch,
    FlowRecord,
    FlowRevision,
    FlowStatus,
    FlowSummary,
    Revision,
    ValidationResult,
)
from shared.flows.plans.plan import Plan, unpack_plan
from shared.flows.records import check_size, fields_of_text, with_envelope
from shared.flows.repository import FlowRepository
from shared.idempotency.response_writer import NOT_KEYED, ResponseWriter
from shared.json_text import Json
from shared.paging import Page, decode_id, encode_cursor
from shared.validation import check_if_match, invalid_at, parse_body

T = TypeVar("T")

TRIES = 5


class ExecutionsDeletion(Protocol):
    """The end of a flow's executions: `put` is a write that goes with the flow's deletion."""

    @property
    def put(self) -> Item: ...

    def start(self) -> None:
        """Begin, once that is written; whatever goes wrong here is made good later."""
        ...


Close = Callable[[FlowRecord, str], ExecutionsDeletion | None]
"""The function that ends a flow's executions, on behalf of somebody; None when none are open."""


Enter = Callable[[str, datetime], Sequence[Write]]
"""The function that gives the writes which go with the first flow in a namespace."""


def enter_nothing(_namespace: str, _now: datetime) -> Sequence[Write]:
    """Write nothing of a namespace."""
    return ()


@dataclass(frozen=True)
class FlowService:
    """The flows of one tenant, for one author."""

    flows: FlowRepository
    close: Close
    find_plan: Callable[[str, int], Plan]
    compile: Compile
    inspect: Inspect
    now: Callable[[], datetime]
    new_id: Callable[[datetime], str]
    tenant: str
    author: str
    enter: Enter = enter_nothing

    def create(self, draft: FlowDraft, keep: ResponseWriter[Flow] = NOT_KEYED) -> Flow:
        """Save a new flow; raises InvalidFlowError, NotSupportedYetError, FlowNameTakenError."""
        text = _text(draft)
        compiled = self.compile(text, draft.envelope)
        if draft.status == "active":
            compiled.check_supported()
        now = self.now()
        flow = check_size(
            FlowRecord(
                id=self.new_id(now),
                status=FlowStatus(draft.status),
                revision=1,
                version=1,
                created_at=now,
                updated_at=now,
                created_by=self.author,
                updated_by=self.author,
                comment=draft.comment or None,
                **fields_of_text(text, compiled, draft.envelope),
            )
        )
        revision = self._revision(flow, text, compiled)
        shown = Flow.of(flow, text)
        insist(
            lambda: self.flows.add(
                flow, revision, [*keep.write_with(shown), *self.enter(flow.namespace, now)]
            )
        )
        return shown

    def get(self, flow_id: str) -> Flow:
        flow = self.stored(flow_id)
        return Flow.of(flow, self._text(flow))

    def plan(self, flow_id: str, revision: int | None = None) -> tuple[Plan, int]:
        """Return the plan of a revision, the current one unless one is named, and its number.

        Raises RevisionNotFoundError, and NotSupportedYetError for what cannot run yet.
        """
        flow = self.stored(flow_id)
        number = flow.revision if revision is None else revision
        _check_number(flow, number)
        try:
            return self.find_plan(flow.id, number), number
        except LookupError:  # a text that could not run when it was saved
            compiled = self.compile(self.content(flow, number).yaml_content, flow.envelope)
        compiled.check_supported()
        return unpack_plan(compiled.plan or b""), number

    def page(self, chosen: FlowFilter, limit: int, cursor: str | None) -> Page[Flow]:
        """List flows, newest first.

        A page ends early, with a next one, when it grows large or when much was read in vain.
        """
        found = self._page(chosen, limit, cursor, bytes_of)
        texts = self.flows.texts(found.items)
        return Page(tuple(Flow.of(flow, texts[flow.id]) for flow in found.items), found.next)

    def page_of_summaries(
        self, chosen: FlowFilter, limit: int, cursor: str | None
    ) -> Page[FlowSummary]:
        """List the same without their contents, which are not read either."""
        found = self._page(chosen, limit, cursor, summary_bytes_of)
        return Page(tuple(FlowSummary.of(flow, "") for flow in found.items), found.next)

    def replace(
        self,
        flow_id: str,
        patch: FlowPatch,
        if_match: str | None,
        keep: ResponseWriter[Flow] = NOT_KEYED,
    ) -> Flow:
        """Save the fields that were sent; a text that differs becomes the next revision.

        Raises what `create` raises, FlowTransitionError and PreconditionFailedError.
        """
        return insist(lambda: self.change(self.stored(flow_id, if_match), patch, keep))

    def move(
        self,
        flow_id: str,
        status: FlowStatus,
        if_match: str | None,
        keep: ResponseWriter[Flow] = NOT_KEYED,
    ) -> Flow:
        """Take a step of the lifecycle; what cannot run yet cannot become active."""
        return insist(lambda: self._move(flow_id, status, if_match, keep))

    def delete(self, flow_id: str, if_match: str | None) -> None:
        """Forget a flow, and have what runs of it cancelled."""
        insist(lambda: self._delete(flow_id, if_match))

    def validate(self, sent: str | Mapping[str, Json] | None) -> ValidationResult:
        """Check a text, bare or in its envelope, and store nothing; whatever it is, no error."""
        try:
            is_bare = isinstance(sent, str)
            draft = FlowDraft(yaml_content=sent) if is_bare else parse_body(FlowDraft, sent)
            text = _text(draft)
        except InvalidRequestError as error:
            return ValidationResult(valid=False, errors=error.problems, warnings=())
        found = self.inspect(text, draft.envelope)
        warnings = (*found.warnings, *found.unsupported)
        return ValidationResult(valid=not found.errors, errors=found.errors, warnings=warnings)

    def _page(
        self,
        chosen: FlowFilter,
        limit: int,
        cursor: str | None,
        cost: Callable[[FlowRecord], int],
    ) -> Page[FlowRecord]:
        query = f"{self.tenant}/flows/{chosen.model_dump_json()}"
        position = decode_id(cursor, query) if cursor is not None else None
        flows, position = choose_page(self._newest(chosen), chosen, limit, position, cost)
        return Page(tuple(flows), encode_cursor(position, query) if position else None)

    def _newest(self, chosen: FlowFilter) -> Newest:
        """Return the reader of flows: one that is named in full is found by its name."""
        if not (chosen.namespace and chosen.name):
            return self.flows.newest
        named = self.flows.find_named(f"{chosen.namespace}/{chosen.name}")

        def only(_count: int, after: str | None) -> tuple[FlowRecord, ...]:
            return (named,) if named and (after is None or named.id < after) else ()

        return only

    def change(
        self, old: FlowRecord, patch: FlowPatch, keep: ResponseWriter[Flow] = NOT_KEYED
    ) -> Flow:
        """Save fields over a record that was read; FlowChangedError if it is no longer stored."""
        _refuse_graph(patch)
        _refuse_other_id(old, patch)
        old_text = self._text(old)
        text = old_text if patch.yaml_content is None else patch.yaml_content
        envelope = patch.envelope.over(old.envelope)
        new, compiled = with_envelope(old, envelope, text), None
        if text != old_text:
            compiled = self.compile(text, envelope)
            fields = fields_of_text(text, compiled, envelope)
            fields |= {"revision": old.revision + 1, "comment": patch.comment or None}
            new = new.model_copy(update=fields)
        if patch.status not in {None, old.status}:
            new = moved_to(new, FlowStatus(patch.status))
        return self._store(old, new, text, compiled, keep=keep)

    def stored(self, flow_id: str, if_match: str | None = None) -> FlowRecord:
        """Read a flow's record; FlowNotFoundError, PreconditionFailedError."""
        flow = self.flows.find(flow_id)
        if flow is None:
            raise FlowNotFoundError("there is no such flow")
        check_if_match(if_match, flow.version)
        return flow

    def content(self, flow: FlowRecord, revision: int) -> FlowRevision:
        """Read a content of a flow, the current one or one before; or RevisionNotFoundError."""
        _check_number(flow, revision)
        found = self.flows.find_revision(flow.id, revision)
        if found is None:
            raise LookupError(f"flow {flow.id} has no text of revision {revision}")
        return found

    def _move(
        self, flow_id: str, status: FlowStatus, if_match: str | None, keep: ResponseWriter[Flow]
    ) -> Flow:
        old = self.stored(flow_id, if_match)
        return self._store(old, moved_to(old, status), self._text(old), keep=keep)

    def _store(
        self,
        old: FlowRecord,
        new: FlowRecord,
        text: str,
        compiled: Compiled | None = None,
        *,
        keep: ResponseWriter[Flow] = NOT_KEYED,
    ) -> Flow:
        """Write what differs, if anything does; a flow that is no draft must have a plan."""
        if new.status is not FlowStatus.DRAFT and not new.has_plan:
            compiled = compiled or self.compile(text, new.envelope)
            compiled.check_supported()
            new = new.model_copy(update={"has_plan": True})
        if new == old:
            shown = Flow.of(old, text)
            keep.write_alone(shown)
            return shown
        changes = {
            "version": old.version + 1,
            "updated_at": max(self.now(), old.updated_at),
            "updated_by": self.author,
        }
        new = check_size(new.model_copy(update=changes))
        is_moved = new.namespace != old.namespace
        entering = self.enter(new.namespace, new.updated_at) if is_moved else ()
        is_new_text = new.revision != old.revision
        shown = Flow.of(new, text)
        self.flows.replace(
            old,
            new,
            revision=self._revision(new, text, compiled) if is_new_text and compiled else None,
            plan=compiled.plan if compiled else None,
            also=[*keep.write_with(shown), *entering],
        )
        return shown

    def _delete(self, flow_id: str, if_match: str | None) -> None:
        flow = self.stored(flow_id, if_match)
        closing = self.close(flow, self.author)
        if closing is None:
            self.flows.remove(flow)
            return
        self.flows.remove(flow, [{"Put": closing.put}])
        closing.start()

    def _text(self, flow: FlowRecord) -> str:
        text = self.flows.find_text(flow.id, flow.revision)
        if text is None:
            raise LookupError(f"flow {flow.id} has no text of revision {flow.revision}")
        return text

    def _revision(self, flow: FlowRecord, text: str, compiled: Compiled) -> Revision:
        return Revision(
            number=flow.revision,
            text=text,
            plan=compiled.plan,
            created_at=flow.updated_at,
            created_by=self.author,
            comment=flow.comment,
        )


def insist(attempt: Callable[[], T]) -> T:
    """Try again when somebody else wrote in between: each try reads anew, so nothing is undone."""
    for _ in range(TRIES - 1):
        try:
            return attempt()
        except FlowChangedError:
            continue
    return attempt()


def _check_number(flow: FlowRecord, revision: int) -> None:
    if not 1 <= revision <= flow.revision:
        detail = f"the flow has no such revision; its newest is {flow.revision}"
        raise RevisionNotFoundError(detail)


def _text(content: FlowContent) -> str:
    _refuse_graph(content)
    if content.yaml_content is None:
        raise invalid_at("yamlContent", "is required")
    return content.yaml_content


def _refuse_other_id(flow: FlowRecord, patch: FlowPatch) -> None:
    if patch.id not in {None, flow.id}:
        raise invalid_at("id", "must be the flow's own, or be left out")


def _refuse_graph(content: FlowContent) -> None:
    given = [name for name in ("nodes", "edges") if getattr(content, name) is not None]
    if given:
        problems = [Problem(path=name, message="graphs cannot be saved yet") for name in given]
        raise NotSupportedYetError("write the flow as YAML in yamlContent", problems=problems)
