"""Which of an execution's inputs nobody is shown, and what has to be masked because of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.executions.models import TaskRun
from shared.executions.rows import compact
from shared.flows.definition import InputDefinition, InputType
from shared.masking import MASK, Masking


def masking_of(declared: Sequence[InputDefinition], inputs: Mapping[str, Any]) -> Masking:
    """Masks the values of inputs of type SECRET; `inputs` are the real ones."""
    return Masking(
        str(inputs[definition.name])
        for definition in declared
        if definition.type is InputType.SECRET and inputs.get(definition.name) is not None
    )


def hidden_inputs(
    declared: Sequence[InputDefinition], inputs: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is shown of the inputs, and the real values of those that are shown as a mask.

    Hidden are SECRET inputs, however short, and whole inputs that hold the value of one: showing
    them with a hole would mean keeping them twice.
    """
    secret = {each.name for each in declared if each.type is InputType.SECRET}
    masking = masking_of(declared, inputs)
    hidden = {
        name: value
        for name, value in inputs.items()
        if value is not None and (name in secret or masking.tree(value) != value)
    }
    return {name: MASK if name in hidden else value for name, value in inputs.items()}, hidden


def masked_run(masking: Masking, run: TaskRun) -> TaskRun:
    """A task run as it may be stored: no secret in its outputs, its error or its log."""
    if not masking:
        return run
    changes: dict[str, Any] = {
        "logs": tuple(
            line.model_copy(update={"message": masking.text(line.message)}) for line in run.logs
        )
    }
    # A text with nothing to mask is the rule; only the others are taken apart.
    if run.outputs and masking.text(run.outputs) != run.outputs:
        changes["outputs"] = compact(masking.tree(json.loads(run.outputs)))
    if run.error:
        message = masking.text(run.error.message)
        changes["error"] = run.error.model_copy(update={"message": message})
    return run.model_copy(update=changes)
