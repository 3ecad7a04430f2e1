"""The inputs of an execution that nobody is shown, and the masking of their values."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from shared.executions.models import Execution
from shared.executions.task_runs import TaskRun
from shared.flows.language.definition import InputDefinition, InputType
from shared.json_text import compact
from shared.masking import MASK, Masking


def masking_of(execution: Execution) -> Masking:
    """Return a masking of an execution's SECRET inputs, of those above it, of its credentials."""
    return Masking(secret_values(execution))


def secret_values(execution: Execution) -> tuple[str, ...]:
    """Return all that is masked; credentials are known in a turn alone.

    ValueError where its inputs are sealed: who masks has opened them.
    """
    execution.check_opened()
    return (
        *map(str, execution.secrets.values()),
        *execution.inherited_secrets,
        *execution.credential_secrets,
    )


def with_masked_labels(execution: Execution) -> Execution:
    """Return an execution whose labels show no secret of its inputs."""
    labels = masking_of(execution).tree(execution.labels)
    return execution.model_copy(update={"labels": labels})


def guarded_inputs(
    declared: Sequence[InputDefinition],
    inputs: Mapping[str, Any],
    inherited: Iterable[str] = (),
    secret_before: Collection[str] = (),
) -> dict[str, Any]:
    """Return the fields of an Execution that hold its inputs, secrets apart from what is shown.

    Hidden are SECRET inputs, however short, and whole inputs that hold the value of one: showing
    them with a hole would mean keeping them twice. `inherited` are secrets of the execution that
    starts this one; those that its inputs hold are kept. `secret_before` are names of inputs that
    were given as secrets: they stay such, whatever a newer revision declares.
    """
    names = {each.name for each in declared if each.type is InputType.SECRET}.union(secret_before)
    secrets = {name: inputs[name] for name in names if inputs.get(name) is not None}
    passed = tuple(each for each in inherited if _holds(inputs, each))
    masking = Masking([*map(str, secrets.values()), *passed])
    hidden = {
        name: value
        for name, value in inputs.items()
        if name not in secrets and masking.tree(value) != value
    }
    return {
        "inputs": {
            name: MASK if name in secrets or name in hidden else value
            for name, value in inputs.items()
        },
        "secrets": secrets,
        "hidden_inputs": hidden,
        "inherited_secrets": passed,
    }


def _holds(inputs: Mapping[str, Any], secret: str) -> bool:
    masked: dict[str, Any] = Masking([secret]).tree(dict(inputs))
    return masked != inputs


def masked_run(masking: Masking, run: TaskRun) -> TaskRun:
    """Return a task run as it may be stored: no secret in its outputs, its error or its log."""
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
