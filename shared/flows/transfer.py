"""Flows that are carried about: cloned, exported and imported, applied by name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final, Literal

from pydantic import Field

from shared.errors import (
    FlowChangedError,
    FlowNameTakenError,
    InvalidRequestError,
    NotSupportedYetError,
    PreconditionFailedError,
    Problem,
)
from shared.flows.models import (
    MAX_NAME_LENGTH,
    Envelope,
    Flow,
    FlowDraft,
    FlowName,
    FlowPatch,
    FlowRecord,
    LabelName,
)
from shared.flows.service import TRIES, FlowService
from shared.idempotency.response_writer import NOT_KEYED, ResponseWriter
from shared.json_text import Json
from shared.names import Namespace
from shared.records import StrictRecord
from shared.times import Timestamp
from shared.validation import already_there, check_if_match, invalid_at, parse_body

FORMAT: Final = "headrace-flow/v1"
DEFAULT_NAMESPACE = "default"
MAX_SUFFIX_LENGTH = 10
"""The length of what tells a renamed flow from its namesakes: `-2`, `-3`, …."""

OnConflict = Literal["rename", "replace"]


class CloneDraft(StrictRecord):
    """The name of a flow's copy; it stays in the flow's namespace unless another is named."""

    name: FlowName
    namespace: Namespace | None = None


class ExportedFlow(StrictRecord):
    """A flow without what belongs to one place: no id, no revision, no secret."""

    name: FlowName
    namespace: Namespace = DEFAULT_NAMESPACE
    description: str | None = None
    labels: dict[LabelName, str] | None = None
    format: Literal["yaml"] = "yaml"
    yaml_content: str


class FlowExport(StrictRecord):
    """A flow as a file; what is exported can be imported anywhere."""

    format: Literal["headrace-flow/v1"]
    exported_at: Timestamp | None = None
    flow: ExportedFlow
    triggers: list[dict[str, Json]] = Field(default=[], json_schema_extra={"maxItems": 0})


@dataclass(frozen=True)
class Saved:
    """A flow that was saved, and whether it is new."""

    flow: Flow
    is_new: bool


@dataclass(frozen=True)
class TransferService:
    """The clones, exports, imports and named flows of one tenant."""

    service: FlowService

    def clone(
        self,
        flow_id: str,
        draft: CloneDraft,
        if_match: str | None,
        keep: ResponseWriter[Flow] = NOT_KEYED,
    ) -> Flow:
        """Save a flow's content, description and labels as a new draft of another name."""
        flow = self.service.stored(flow_id, if_match)
        text = self.service.content(flow, flow.revision).yaml_content
        said = {"description": flow.envelope.description, "labels": flow.envelope.labels}
        place = {"name": draft.name, "namespace": draft.namespace or flow.namespace}
        return self.service.create(
            FlowDraft(yaml_content=text, status="draft", **place, **said), keep
        )

    def export(self, flow_id: str) -> FlowExport:
        """Write a flow as a file; FlowNotFoundError."""
        flow = self.service.get(flow_id)
        fields = {name: getattr(flow, name) for name in ExportedFlow.model_fields}
        return FlowExport(
            format=FORMAT,
            exported_at=self.service.now(),
            flow=ExportedFlow.model_validate(fields),
        )

    def import_flow(
        self,
        file: FlowExport,
        on_conflict: OnConflict | None,
        *,
        made: ResponseWriter[Flow] = NOT_KEYED,
        changed: ResponseWriter[Flow] = NOT_KEYED,
    ) -> Saved:
        """Save an exported flow as a draft; if its name is taken, as `on_conflict` says.

        Raises FlowNameTakenError if that says nothing, and what saving a flow raises. `made` keeps
        the answer of a new flow, `changed` that of one whose content was replaced.
        """
        _refuse_triggers(file)
        flow = file.flow
        if on_conflict == "rename":
            return Saved(self._create_renamed(flow, made), is_new=True)
        if on_conflict == "replace":
            patch = FlowPatch(yaml_content=flow.yaml_content)
            return self._put(
                Envelope(name=flow.name, namespace=flow.namespace),
                lambda: self.service.create(_draft(flow, flow.name), made),
                lambda old: self._change_named(old, patch, changed),
            )
        return Saved(self.service.create(_draft(flow, flow.name), made), is_new=True)

    def apply(
        self,
        namespace: str,
        name: str,
        sent: Mapping[str, Json],
        if_match: str | None,
        *,
        only_new: bool = False,
    ) -> Saved:
        """Save the flow of a name: a new one as `create` does, else as `replace` does.

        The name wins over the one in the text; a body that says another is refused.
        """
        wanted = parse_body(Envelope, {"namespace": namespace, "name": name})

        def change(old: FlowRecord) -> Flow:
            if only_new:
                raise already_there("flow")
            return self._change_named(old, _named(sent, wanted))

        return self._put(
            wanted,
            lambda: self.service.create(_draft_of(_named(sent, wanted))),
            change,
            if_match,
        )

    def _put(
        self,
        wanted: Envelope,
        create: Callable[[], Flow],
        change: Callable[[FlowRecord], Flow],
        if_match: str | None = None,
    ) -> Saved:
        """Create or change the flow of a name; whoever meets another writer looks anew."""
        for _ in range(TRIES):
            old = self.service.flows.find_named(f"{wanted.namespace}/{wanted.name}")
            try:
                if old is None:
                    _refuse_match(if_match)
                    return Saved(create(), is_new=True)
                if (old.namespace, old.name) == (wanted.namespace, wanted.name):
                    check_if_match(if_match, old.version)
                    return Saved(change(old), is_new=False)
            except (FlowChangedError, FlowNameTakenError):
                continue
        raise FlowChangedError("the flow is being changed by somebody else, try again")

    def _change_named(
        self, old: FlowRecord, patch: FlowPatch, keep: ResponseWriter[Flow] = NOT_KEYED
    ) -> Flow:
        """Change a flow, which keeps its name whatever a new text calls it."""
        text = self.service.content(old, old.revision).yaml_content
        is_new_text = patch.yaml_content not in {None, text}
        name, namespace = (old.name, old.namespace) if is_new_text else (None, None)
        named = patch.model_copy(update={"name": name, "namespace": namespace})
        return self.service.change(old, named, keep)

    def _create_renamed(self, flow: ExportedFlow, keep: ResponseWriter[Flow]) -> Flow:
        """Save a draft under its own name or, if that is taken, under the first free number."""

        def attempt() -> Flow:
            beginning = flow.name[: MAX_NAME_LENGTH - MAX_SUFFIX_LENGTH]
            taken = self.service.flows.names_like(flow.namespace, beginning)
            free = next(name for name in _numbered(flow.name) if name not in taken)
            return self.service.create(_draft(flow, free), keep)

        for _ in range(TRIES - 1):
            try:
                return attempt()
            except FlowNameTakenError:  # by somebody else, in between
                continue
        return attempt()


def _draft(flow: ExportedFlow, name: str) -> FlowDraft:
    return FlowDraft(
        yaml_content=flow.yaml_content,
        status="draft",
        name=name,
        namespace=flow.namespace,
        description=flow.description,
        labels=flow.labels,
    )


def _draft_of(patch: FlowPatch) -> FlowDraft:
    """Return the new flow that a patch of none makes; what only we write is not looked at."""
    if patch.id is not None:
        raise invalid_at("id", "must be left out: there is no flow of this name")
    said = set(FlowDraft.model_fields)
    return parse_body(
        FlowDraft, patch.model_dump(mode="json", by_alias=True, include=said, exclude_none=True)
    )


def _named(sent: Mapping[str, Json], wanted: Envelope) -> FlowPatch:
    """Check a body, in which the name of the path is put if it says none."""
    body = parse_body(FlowPatch, dict(sent))
    problems = [
        Problem(path=field, message=f"must be the {field} of the path, or be left out")
        for field in ("name", "namespace")
        if getattr(body, field) not in {None, getattr(wanted, field)}
    ]
    if problems:
        raise InvalidRequestError("the request is not valid", problems=problems)
    return body.model_copy(update={"name": wanted.name, "namespace": wanted.namespace})


def _numbered(name: str) -> Iterator[str]:
    """Give a name and, without an end, the same with `-2`, `-3`, …, cut where it is too long."""
    yield name
    for number in count(2):
        suffix = f"-{number}"
        yield f"{name[: MAX_NAME_LENGTH - len(suffix)]}{suffix}"


def _refuse_triggers(file: FlowExport) -> None:
    if file.triggers:
        problem = Problem(path="triggers", message="must be empty: triggers cannot be saved yet")
        raise NotSupportedYetError("the file has triggers", problems=[problem])


def _refuse_match(if_match: str | None) -> None:
    if if_match is not None:
        raise PreconditionFailedError("there is no flow of this name, so it has no ETag")
