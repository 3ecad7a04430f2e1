"""Inputs of an execution: checked against what the flow declares, coerced when nothing is lost."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.errors import InvalidInputsError, Problem
from shared.flows.language.coercion import coerce
from shared.flows.language.definition import InputDefinition, InputType
from shared.masking import Masking
from shared.messages import InvalidValueError, Message, reason

MAX_INPUT_BYTES = 200_000
"""The size of all inputs of an execution, as JSON: they live in the execution's own row."""

MAX_SECRET_BYTES = 8192
"""The size of a SECRET input: masking looks for each in everything its execution yields."""

_NAMED_SO = "have an undeclared name that holds a secret: names are shown, give it as a value"


def check_inputs(
    declared: Sequence[InputDefinition], given: Mapping[str, Any], secrets: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the inputs a flow will read: coerced, defaults filled in, undeclared ones kept.

    InvalidInputsError names every input that is missing or wrong; it shows neither `secrets` nor
    what is given as a SECRET.
    """
    accepted = dict(given)
    faults: list[tuple[InputDefinition, Message]] = []
    for definition in declared:
        try:
            accepted[definition.name] = _value(definition, given)
        except _Missing:
            if definition.required:
                faults.append((definition, Message("is required")))
        except ValueError as error:
            faults.append((definition, reason(error)))
    problems = _problems(faults, _masking(declared, given, secrets)) if faults else []
    if not problems and _size(accepted) > MAX_INPUT_BYTES:
        problems.append(
            Problem(path="inputs", message=f"take more than {MAX_INPUT_BYTES} bytes together")
        )
    if not problems and _names_a_secret(declared, accepted, secrets):
        problems.append(Problem(path="inputs", message=_NAMED_SO))
    if problems:
        sentence = "; ".join(f"{problem.path} {problem.message}" for problem in problems)
        raise InvalidInputsError(sentence, problems=problems)
    return accepted


class _Missing(Exception):  # noqa: N818 - steers, is no failure
    """The mark of an input without a value and without a default."""


def _problems(faults: Iterable[tuple[InputDefinition, Message]], masking: Masking) -> list[Problem]:
    return [
        Problem(path=f"inputs.{definition.name}", message=message.shown(masking))
        for definition, message in faults
    ]


def _masking(
    declared: Sequence[InputDefinition], given: Mapping[str, Any], secrets: Iterable[str]
) -> Masking:
    own = (given.get(each.name) for each in declared if each.type is InputType.SECRET)
    return Masking([*(str(each) for each in own if each is not None), *secrets])


def _names_a_secret(
    declared: Sequence[InputDefinition], accepted: Mapping[str, Any], secrets: Iterable[str]
) -> bool:
    undeclared = accepted.keys() - {each.name for each in declared}
    names = "\0".join(undeclared)
    return bool(names) and _masking(declared, accepted, secrets).text(names) != names


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


def _value(definition: InputDefinition, given: Mapping[str, Any]) -> Any:
    if definition.name in given:
        value = given[definition.name]
        if value is None and not definition.required:
            return None
        accepted = coerce(definition, value)
    elif definition.has_default:
        accepted = definition.default
    else:
        raise _Missing
    if definition.type is InputType.SECRET and _size(accepted) > MAX_SECRET_BYTES + len('""'):
        raise InvalidValueError(f"is a secret of more than {MAX_SECRET_BYTES} bytes")
    return accepted
