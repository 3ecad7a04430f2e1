"""From a text to what is stored of it, or to the refusal that names every place."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from shared.errors import InvalidFlowError, NotSupportedYetError, Problem
from shared.flows.language.definition import FlowDefinition
from shared.flows.models import Envelope

MAX_PLAN_BYTES = 390_000
"""The packed size that fits an item of DynamoDB; only YAML aliases make a plan outgrow its text."""


@dataclass(frozen=True)
class Compiled:
    """A text that may be saved; `plan` is packed, and None if `unsupported` names anything.

    `credentials` are the names that its tasks say.
    """

    definition: FlowDefinition
    tasks_total: int
    plan: bytes | None
    unsupported: tuple[Problem, ...] = ()
    credentials: tuple[str, ...] = ()

    def check_supported(self) -> None:
        """Raise NotSupportedYetError, naming the places, if the engine cannot run this yet."""
        if self.unsupported:
            raise NotSupportedYetError(
                "the flow uses what cannot run yet; save it with status draft",
                problems=self.unsupported,
            )


@dataclass(frozen=True)
class Findings:
    """The findings of a check of a text; the three never overlap."""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    unsupported: tuple[Problem, ...]


Compile = Callable[[str, Envelope], Compiled]
Inspect = Callable[[str, Envelope], Findings]
SharedVariables = Callable[[str], AbstractSet[str]]
"""The function that gives the names of a namespace's variables."""
KnownCredential = Callable[[str, str], bool]
"""The function that tells whether a namespace knows a credential's name."""

# The parser, the expressions and the plugins are imported when a text comes in: reading flows, and
# starting them, is most of what a function does, and needs none of them.


def compile_text(text: str, envelope: Envelope) -> Compiled:
    """Check a text and plan it; raises InvalidFlowError with all errors at once."""
    from shared.flows.language.dependencies import walk  # noqa: PLC0415 - see above
    from shared.flows.plans.compiler import compile_plan  # noqa: PLC0415
    from shared.flows.plans.credential_names import credential_names  # noqa: PLC0415
    from shared.flows.plans.plan import pack_plan  # noqa: PLC0415
    from shared.flows.validation.validator import check_flow  # noqa: PLC0415

    checked = check_flow(text, name=envelope.name, namespace=envelope.namespace)
    if checked.errors or checked.definition is None:
        raise InvalidFlowError("the flow is not valid", problems=checked.errors)
    definition = checked.definition
    total = sum(1 for _ in walk(definition.tasks))
    every = walk((*definition.tasks, *definition.errors, *definition.finally_))
    named = tuple(sorted(credential_names(every)))
    if checked.unsupported:
        return Compiled(definition, total, None, checked.unsupported, named)
    plan = pack_plan(compile_plan(definition))
    if len(plan) > MAX_PLAN_BYTES:
        raise InvalidFlowError("the flow is too large once its aliases are expanded")
    return Compiled(definition, total, plan, credentials=named)


def none_shared(_namespace: str) -> AbstractSet[str]:
    """Give no variables of a namespace."""
    return frozenset()


def none_known(_namespace: str, _name: str) -> bool:
    """Know no credential."""
    return False


def inspect_text(
    text: str,
    envelope: Envelope,
    *,
    known_credential: KnownCredential = none_known,
    shared_variables: SharedVariables = none_shared,
) -> Findings:
    """Check a text for all that is to be said of it; unknown credentials are warnings.

    `shared_variables` gives the names that a namespace's variables have.
    """
    from shared.flows.validation.validator import check_flow  # noqa: PLC0415 - see above

    checked = check_flow(
        text,
        name=envelope.name,
        namespace=envelope.namespace,
        shared_variables=shared_variables,
        known_credential=known_credential,
    )
    return Findings(checked.errors, checked.warnings, checked.unsupported)
