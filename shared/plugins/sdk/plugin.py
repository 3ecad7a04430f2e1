"""The definition of a task type: a manifest, and a function from properties to outputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.messages import Message

if TYPE_CHECKING:
    from shared.expressions import Scope

Category = Literal[
    "transform", "database", "protocol", "saas", "flow", "ai", "utility", "core", "aws"
]


class Manifest(BaseModel):
    """The public face of a task type; the schemas are JSON Schema objects.

    A property whose schema says `"x-deferred": true` is a bare expression, evaluated by the plugin.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    id: str
    name: str
    category: Category
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    execution: Literal["inline", "durable", "sandbox"] = "inline"
    idempotent: bool = True
    icon: str = ""


class PluginError(Exception):
    """A task's own failure: FAILED, with `code` for retry policies and `message` for people.

    `status_code` is the HTTP answer's, `retry_after_seconds` what it asked for; `outputs` are kept.
    """

    def __init__(
        self,
        message: Message | str,
        *,
        code: str = "plugin_error",
        status_code: int | None = None,
        retry_after_seconds: float | None = None,
        outputs: Mapping[str, Any] | None = None,
    ) -> None:
        self.message = Message.of(message)
        super().__init__(str(self.message))
        self.code = code
        self.status_code = status_code
        self.retry_after_seconds = retry_after_seconds
        self.outputs = dict(outputs or {})


def _unmasked(value: Any) -> Any:
    """Mask nothing: outside of the runner nothing is a secret."""
    return value


def _no_wait(_size: int) -> None:
    """Reserve nothing: outside of the runner memory is nobody's but the caller's."""


@dataclass(frozen=True)
class TaskContext:
    """The context of a running task, given to it besides its rendered properties.

    `tenant` is that of its execution, `scope` evaluates deferred expressions, `log(level, message)`
    stores a line, `shown(message)` writes a message for outputs, without secrets, `mask(value)`
    does the same with JSON that is stored elsewhere, `remaining()` returns the seconds left until
    the attempt's deadline;
    `reserve(bytes)` waits until an answer may take so much memory, given back at the attempt's end;
    `idempotency_key` is the same for every repeat of one attempt, so that a called service can
    recognise it.
    """

    tenant: str
    scope: "Scope"
    log: Callable[[str, str], None]
    shown: Callable[[Message], str]
    remaining: Callable[[], float]
    idempotency_key: str
    reserve: Callable[[int], None] = _no_wait
    mask: Callable[[Any], Any] = _unmasked


Run = Callable[[Mapping[str, Any], TaskContext], Mapping[str, Any]]


@dataclass(frozen=True)
class Plugin:
    """A manifest with its function; None where the engine itself does the work (`durable`).

    None too where the function stands with the noun whose table it needs: the runner adds it.
    `by_engine` says that the engine does so already; until then flows with it stay drafts.
    """

    manifest: Manifest
    run: Run | None = None
    by_engine: bool = False

    @property
    def is_available(self) -> bool:
        return self.run is not None or self.by_engine
