"""Flows as they are stored and as they are shown."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from shared.errors import Problem
from shared.flows.language.definition import Concurrency, InputDefinition
from shared.ids import FlowId
from shared.names import MAX_NAMESPACE_LENGTH, NAMESPACE_PATTERN, Namespace
from shared.records import StrictRecord
from shared.times import Timestamp

NAME_PATTERN = r"^[a-zA-Z0-9][a-zA-Z0-9._-]*$"

MAX_NAME_LENGTH = 100

FlowName = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=MAX_NAME_LENGTH)]
LabelName = Annotated[str, StringConstraints(min_length=1)]
MAX_COMMENT_LENGTH = 500
Comment = Annotated[str, StringConstraints(max_length=MAX_COMMENT_LENGTH)]
"""The reason for which a revision was saved."""
MAX_LABEL_LENGTH = 16_000
"""The characters of the longest label that a start can give, or a flow."""
Label = Annotated[str, StringConstraints(pattern=r"^[\s\S]+:", max_length=MAX_LABEL_LENGTH)]
"""A label as `key:value`."""

EXAMPLE = "tasks:\n  - {name: say, type: util.log, properties: {message: hello}}\n"
"""A text for the API's document: it runs whatever its flow is called."""

MAX_FULL_NAME_LENGTH = MAX_NAMESPACE_LENGTH + 1 + MAX_NAME_LENGTH
"""The length of `namespace/name`, which is a key of the table."""


def is_full_name(text: str) -> bool:
    """Tell whether a text may be a flow's `namespace/name`."""
    namespace, _, name = text.partition("/")
    if len(namespace) > MAX_NAMESPACE_LENGTH or len(name) > MAX_NAME_LENGTH:
        return False
    return bool(re.fullmatch(NAMESPACE_PATTERN, namespace) and re.fullmatch(NAME_PATTERN, name))


def has_label(labels: Mapping[str, str], wanted: str) -> bool:
    """Tell whether there is a label that reads `key:value`; each of them may have colons itself.

    So `a:b:c` finds the label `a` with `b:c`, and `a:b` with `c` too.
    """
    return any(wanted == f"{key}:{value}" for key, value in labels.items())


class FlowStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    INACTIVE = "inactive"


class Envelope(StrictRecord):
    """The fields that may stand beside the YAML; stored there, and stronger. None: not given."""

    name: FlowName | None = None
    namespace: Namespace | None = None
    description: str | None = None
    labels: dict[LabelName, str] | None = None
    disabled: StrictBool | None = None

    def over(self, other: "Envelope") -> "Envelope":
        """Lay this one over an older one: what it does not say stays."""
        said = {
            name: value
            for name in Envelope.model_fields
            if (value := getattr(self, name)) is not None
        }
        return Envelope.model_validate({**other.model_dump(), **said})


class FlowContent(Envelope):
    """The fields that a client sends; a graph is named so that it can be refused by name.

    `comment` says why the content is saved; what makes no revision keeps none.
    """

    comment: Comment | None = None
    yaml_content: str | None = Field(default=None, examples=[EXAMPLE])
    nodes: list[Any] | None = None
    edges: list[Any] | None = None

    @property
    def envelope(self) -> Envelope:
        return Envelope.model_validate(
            {name: getattr(self, name) for name in Envelope.model_fields}
        )


class FlowDraft(FlowContent):
    """A flow to be made; without a status, YAML is active as soon as it is saved."""

    model_config = ConfigDict(json_schema_extra={"required": ["yamlContent"]})

    status: Literal["draft", "active"] = "active"


class FlowPatch(FlowContent):
    """Any subset of a flow's fields; a field that is null or missing stays as it is.

    An answer may be changed and sent back: what only we write is taken and not looked at, and the
    `id` may be the flow's own.
    """

    status: FlowStatus | None = None
    id: str | None = None
    format: Literal["yaml"] | None = None
    revision: Any = None
    tasks_total: Any = None
    created_at: Any = None
    created_by: Any = None
    updated_at: Any = None
    updated_by: Any = None


class FlowRecord(StrictRecord):
    """The record of a flow in one read: all that a start needs, without the text.

    `version` counts writes (it is the ETag), `revision` counts texts. `envelope` is what was sent
    beside the YAML, already merged into the other fields. `shown_bytes` is what the flow costs in
    an answer, its text included; `has_plan` is false while the engine cannot run the text;
    `comment`, `inputs` and `concurrency` are those of the current revision, `credentials` the names
    it says: None for what was saved before they were noted. `updated_by` is None in records of
    releases that did not keep it.
    """

    id: FlowId
    name: FlowName
    namespace: Namespace
    description: str | None = None
    labels: dict[str, str] = {}
    disabled: bool = False
    status: FlowStatus
    format: Literal["yaml"] = "yaml"
    revision: int
    version: int
    tasks_total: int
    idempotency: Literal["optional", "required"] = "optional"
    retention_seconds: int | None = None
    inputs: tuple[InputDefinition, ...] = ()
    concurrency: Concurrency | None = None
    credentials: tuple[str, ...] | None = None
    envelope: Envelope = Envelope()
    has_plan: bool
    shown_bytes: int
    comment: Comment | None = None
    created_at: Timestamp
    updated_at: Timestamp
    created_by: str
    updated_by: str | None = None


class Revision(BaseModel):
    """One text of a flow, and its packed plan: None while the engine cannot run the text."""

    model_config = ConfigDict(frozen=True)

    number: int
    text: str
    plan: bytes | None
    created_at: Timestamp
    created_by: str
    comment: Comment | None = None


class FlowRevision(StrictRecord):
    """One content of a flow as the API shows it: its text, who saved it, when and why."""

    revision: int
    yaml_content: str
    created_at: Timestamp
    created_by: str
    comment: Comment | None = None


class Flow(StrictRecord):
    """A flow as the API shows it."""

    id: FlowId
    name: FlowName
    namespace: Namespace
    description: str | None
    labels: dict[str, str]
    disabled: bool
    status: FlowStatus
    format: Literal["yaml"]
    yaml_content: str
    nodes: None = None
    edges: None = None
    revision: int
    comment: Comment | None
    tasks_total: int
    created_at: Timestamp
    created_by: str
    updated_at: Timestamp
    updated_by: str
    version: int = Field(exclude=True)

    @classmethod
    def of(cls, record: FlowRecord, text: str) -> Self:
        """Show a flow; its `version` is told by the ETag, not by the body."""
        shown = record.model_dump(include=set(cls.model_fields))
        updated_by = record.updated_by or record.created_by
        return cls.model_validate({**shown, "yaml_content": text, "updated_by": updated_by})


class FlowSummary(Flow):
    """A flow without its content."""

    yaml_content: str = Field(default="", exclude=True)
    nodes: None = Field(default=None, exclude=True)
    edges: None = Field(default=None, exclude=True)


class FlowFilter(BaseModel):
    """The fields by which a list is filtered; None or none leaves one out.

    `name` is the whole of it, `q` is found in any case, of `statuses` one must hold.
    """

    model_config = ConfigDict(frozen=True)

    namespace: Namespace | None = None
    name: FlowName | None = None
    statuses: tuple[FlowStatus, ...] = ()
    label: Label | None = None
    q: str | None = None

    def accepts(self, flow: FlowRecord) -> bool:
        return (
            self.namespace in {None, flow.namespace}
            and self.name in {None, flow.name}
            and (not self.statuses or flow.status in self.statuses)
            and self._has_label(flow)
            and self._is_named(flow)
        )

    def _has_label(self, flow: FlowRecord) -> bool:
        return self.label is None or has_label(flow.labels, self.label)

    def _is_named(self, flow: FlowRecord) -> bool:
        text = f"{flow.name}\n{flow.description or ''}".casefold()
        return self.q is None or self.q.casefold() in text


class ValidationResult(StrictRecord):
    """The errors and warnings of a text; a valid one can at least be a draft.

    What the engine cannot run yet is a warning here.
    """

    valid: bool
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
