"""Inputs of an execution: checked against what the flow declares, coerced when nothing is lost."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.errors import InvalidInputsError, Problem
from shared.flows.language.coercion import coerce
from shared.flows.language.definition import InputDefinition, InputType
from shared.masking import Masking
from shared.messages import InvalidValueError, Message, reason
from shared.strict_json import text_of

MAX_INPUT_BYTES = 4 * 1024 * 1024
"""The size of all inputs of an execution, as JSON: more than a body brings, with the defaults."""

MAX_SECRETS_BYTES = 200_000
"""The size of all SECRET inputs: sealed, they are in the execution's row, read in every turn."""

MAX_SECRET_BYTES = 8192
"""The size of a SECRET input: masking looks for each in everything its execution yields."""

_NAMED_SO = "have an undeclared name that holds a secret: names are shown, give it as a value"


def check_inputs(
    declared: Sequence[InputDefinition], given: Mapping[str, Any], secrets: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the inputs a flow will read: coerced, defaults filled in, undeclared ones kept.

    Whatever they are, JSON holds them whole: what is read again equals what was given.
    InvalidInputsError names every input that is missing or wrong; it shows neither `secrets` nor
    what is given as a SECRET.
    """
    accepted = dict(given)
    faults: list[tuple[str, Message]] = []
    for definition in declared:
        try:
            accepted[definition.name] = _value(definition, given)
        except _Missing:
            if definition.required:
                faults.append((definition.name, Message("is required")))
        except ValueError as error:
            faults.append((definition.name, reason(error)))
    faults += _undeclared_faults(given, {definition.name for definition in declared})
    problems = _problems(faults, _masking(declared, given, secrets)) if faults else []
    problems = problems or _size_problems(declared, accepted)
    if not problems and _names_a_secret(declared, accepted, secrets):
        problems.append(Problem(path="inputs", message=_NAMED_SO))
    if problems:
        sentence = "; ".join(f"{problem.path} {problem.message}" for problem in problems)
        raise InvalidInputsError(sentence, problems=problems)
    return accepted


def _size_problems(
    declared: Sequence[InputDefinition], accepted: Mapping[str, Any]
) -> list[Problem]:
    secrets = {each.name: accepted.get(each.name) for each in declared if _is_secret(each)}
    if _size(secrets) > MAX_SECRETS_BYTES:
        message = f"the SECRET ones take more than {MAX_SECRETS_BYTES} bytes together"
    elif _size(accepted) > MAX_INPUT_BYTES:
        message = f"take more than {MAX_INPUT_BYTES} bytes together"
    else:
        return []
    return [Problem(path="inputs", message=message)]


def _is_secret(definition: InputDefinition) -> bool:
    return definition.type is InputType.SECRET


class _Missing(Exception):  # noqa: N818 - steers, is no failure
    """The mark of an input without a value and without a default."""


def _undeclared_faults(
    given: Mapping[str, Any], declared: Collection[str]
) -> Iterator[tuple[str, Message]]:
    """Yield what is wrong with the inputs that nothing coerces."""
    for name in sorted(given.keys() - declared):
        try:
            text_of(given[name])
        except InvalidValueError as error:
            yield name, error.message


def _problems(faults: Iterable[tuple[str, Message]], masking: Masking) -> list[Problem]:
    return [
        Problem(path=f"inputs.{name}", message=message.shown(masking)) for name, message in faults
    ]


def _masking(
    declared: Sequence[InputDefinition], given: Mapping[str, Any], secrets: Iterable[str]
) -> Masking:
    own = (given.get(each.name) for each in declared if _is_secret(each))
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
    if _is_secret(definition) and _size(accepted) > MAX_SECRET_BYTES + len('""'):
        raise InvalidValueError(f"is a secret of more than {MAX_SECRET_BYTES} bytes")
    return accepted
