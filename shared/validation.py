"""Values of clients checked against models, with every refusal saying where."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared import json_text, model_words
from shared.errors import InvalidRequestError, PreconditionFailedError, Problem
from shared.json_text import Json
from shared.records import Record

Model = TypeVar("Model", bound=BaseModel)

MAX_PROBLEMS: Final = 100
"""The problems of a request that are told: each costs time, and Lambda answers 6 MB at most."""
MAX_LOOKED_AT: Final = 10_000
MAX_NAME_LENGTH: Final = 100
"""The characters of a name of the client's that are repeated to it."""


def parse_body(model: type[Model], value: Json) -> Model:
    """Check a parsed body against `model`; a missing one (None) counts as empty.

    Raises InvalidRequestError with a problem for each field that is wrong.
    """
    try:
        # Fields have one name outside, as documented; ours inside are unknown there.
        return model.model_validate({} if value is None else value, by_alias=True, by_name=False)
    except ValidationError as error:
        problems = problems_in(error, model)
        raise InvalidRequestError("the request is not valid", problems=problems) from None


def invalid_at(path: str, message: str) -> InvalidRequestError:
    """Return the refusal of a request for one thing, at a place."""
    problem = Problem(path=path, message=message)
    return InvalidRequestError("the request is not valid", problems=[problem])


def problems_in(error: ValidationError, model: type[BaseModel]) -> tuple[Problem, ...]:
    """Turn what pydantic found into ours; of thousands it tells how many they are.

    Each costs a kilobyte and microseconds as soon as it is looked at, and a body has room for half
    a million.
    """
    count = error.error_count()
    if count > MAX_LOOKED_AT:
        return (Problem(path="", message=f"there are {count} problems, too many to list"),)
    return problems_of(error.errors(include_url=False), model)


def problems_of(
    errors: Iterable[Mapping[str, Any]], model: type[BaseModel] | None = None
) -> tuple[Problem, ...]:
    """Turn pydantic's errors into ours; a leading `body` in a place is left out.

    Of very many the first are told, and that there are more.
    """
    return first_of(_problem(error, _names(model)) for error in errors)


def first_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return as many problems as are told, with a last one that says if there are more."""
    left = iter(problems)
    told = tuple(islice(left, MAX_PROBLEMS))
    return (*told, *_rest(left)) if len(told) == MAX_PROBLEMS else told


def _rest(left: Iterator[Problem]) -> Iterator[Problem]:
    if next(left, None):
        message = f"there are more than {MAX_PROBLEMS} problems, the rest is not listed"
        yield Problem(path="", message=message)


def unknown(kind: str, name: str, known: Collection[str]) -> str:
    """Say that a name is unknown, and which one was perhaps meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - only refusals need it

    shown = shortened(name)
    close = get_close_matches(shown, known, n=1)
    return f'unknown {kind} "{shown}"' + (f', did you mean "{close[0]}"?' if close else "")


def shortened(name: str) -> str:
    """Return a name of the client's as it is repeated: of a long one the beginning."""
    return name if len(name) <= MAX_NAME_LENGTH else name[:MAX_NAME_LENGTH] + "…"


def _names(model: type[BaseModel] | None) -> list[str]:
    # The type of a RawBody is an optional one, which has no fields of its own.
    fields = getattr(model, "model_fields", {})
    return [field.alias or name for name, field in fields.items()]


def _problem(error: Mapping[str, Any], names: Sequence[str]) -> Problem:
    place = [part for part in error["loc"] if part != "body"] or [""]
    kind = error["type"]
    if kind == "extra_forbidden":
        known = names if len(place) == 1 else ()
        return Problem(path=_path(place), message=unknown("field", str(place[-1]), known))
    if kind == "missing":
        message = "is required" if place != [""] else "a JSON body is required"
        return Problem(path=_path(place), message=message)
    if kind in _EXPECTED:
        message = f"must be {_EXPECTED[kind]}, not {json_text.kind(error['input'])}"
        return Problem(path=_path(place), message=message)
    return Problem(path=_path(place), message=model_words.in_our_words(error))


_EXPECTED: Mapping[str, str] = {
    "string_type": "a string",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
}
"""The values that pydantic's types of errors ask for."""


def _path(place: Sequence[str | int]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{shortened(part)}" for part in place)
    return "".join(parts).removeprefix(".")


def etag(version: int, beside: str = "") -> str:
    """Return the ETag of a version; `beside` tells apart what is shown and no write has changed.

    A form of the same thing, say, or what is counted when it is read.
    """
    return f'"{version}.{beside}"' if beside else f'"{version}"'


def check_if_match(header: str | None, version: int) -> None:
    """Raise PreconditionFailedError unless the header is absent, `*` or names this version."""
    if header is None or header.strip() == "*":
        return
    if str(version) not in _VERSIONS.findall(header):
        raise PreconditionFailedError(
            "the resource has changed: read it again, send its ETag with the quotes"
        )


def already_there(noun: str) -> PreconditionFailedError:
    """Return the error of a write that was only to make what is not there."""
    return PreconditionFailedError(f"the {noun} is there already: If-None-Match makes new ones")


_VERSIONS = re.compile(r'(?:^|,)[ \t]*"([0-9]+)(?:\.[^",]*)?"[ \t]*(?=,|$)')
"""The versions that a list of ETags names: weak ones name none."""


class NoBody(Record):
    """The body of a route that takes nothing but an empty object."""

    model_config = ConfigDict(extra="forbid")
