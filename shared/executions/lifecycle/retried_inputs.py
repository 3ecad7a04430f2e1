"""The inputs of a retry: checked as far as they are known, for what is sealed stays sealed.

Whoever retries need not be able to open secrets: their bytes are copied. What a newer revision says
of them is checked by the first turn.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.executions.inputs import check_inputs
from shared.executions.lifecycle.new_execution import NOTHING_TAKEN_OVER, TakenOver
from shared.executions.models import Execution
from shared.executions.secrets import secret_values
from shared.flows.plans.plan import Plan
from shared.masking import MASK


class RetriedInputs(NamedTuple):
    """The inputs that are known, and what is taken over sealed."""

    inputs: Mapping[str, Any]
    taken_over: TakenOver = NOTHING_TAKEN_OVER


def retried_inputs(
    source: Execution, inputs: Mapping[str, Any], plan: Plan, before: Plan
) -> RetriedInputs:
    """Return the inputs of a retry on `plan` of an execution on `before`; InvalidInputsError.

    `inputs` are as they are shown if its secrets are sealed. An input that is a mask counts as
    sealed: where it is not, it says the same when what is sealed comes on top.
    """
    if not source.sealed:
        # None has a secret, or a release before seals wrote it.
        is_checked = plan is before
        secrets = secret_values(source)
        return RetriedInputs(inputs if is_checked else check_inputs(plan.inputs, inputs, secrets))
    names = {name for name, value in inputs.items() if value == MASK}
    known: Mapping[str, Any] = {n: value for n, value in inputs.items() if n not in names}
    if plan is not before:
        known = check_inputs([each for each in plan.inputs if each.name not in names], known)
    has_changed = any(_declared(plan, name) != _declared(before, name) for name in names)
    taken = TakenOver(
        sealed=source.sealed,
        names=names,
        has_changed=has_changed or source.has_unchecked_inputs,
        line=_line(source, plan, before),
    )
    return RetriedInputs(known, taken)


def has_same_values(plan: Plan, before: Plan) -> bool:
    """Tell whether templates of two revisions read the same: all may read inputs and variables."""
    return plan.inputs == before.inputs and plan.variables == before.variables


def _declared(plan: Plan, name: str) -> Any:
    return next((each for each in plan.inputs if each.name == name), None)


def _line(source: Execution, plan: Plan, before: Plan) -> str | None:
    """Return the line that the source's slot was in, if the same key would lead there again."""
    concurrency, earlier = plan.concurrency, before.concurrency
    has_same_key = concurrency and earlier and concurrency.key == earlier.key
    is_same = has_same_key and has_same_values(plan, before)
    return source.slot.line if source.slot and is_same else None
