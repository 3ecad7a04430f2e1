"""Mocks of a test run: what a task yields, or how it fails, instead of being run."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import InvalidRequestError, Problem
from shared.json_text import compact
from shared.validation import first_of, problems_in, shortened, unknown

MAX_MOCK_BYTES = 50_000
"""The size of all mocks of a test run, as JSON: they live in the execution's own row."""


class MockedError(BaseModel):
    """The failure of a mocked task; `statusCode` is what a called service would have answered."""

    model_config = ConfigDict(extra="forbid", strict=True)

    code: str = "mocked"
    message: str = "the mock fails"
    statusCode: int | None = Field(default=None, ge=100, le=599)  # noqa: N815 - as it is written


def check_mocks(mocks: Mapping[str, Mapping[str, Any]], tasks: Collection[str]) -> None:
    """Refuse mocks of tasks that are not there, and errors of another shape than ours."""
    problems = first_of(_found(mocks, tasks))
    if problems:
        raise InvalidRequestError("the request is not valid", problems=problems)


def _found(mocks: Mapping[str, Mapping[str, Any]], tasks: Collection[str]) -> Iterator[Problem]:
    """Yield what is wrong, one by one: what is told costs time, and there may be very many."""
    for name in mocks:
        if name not in tasks:
            yield Problem(path=f"mocks.{shortened(name)}", message=unknown("task", name, tasks))
    for name, mock in mocks.items():
        yield from _problems(name, mock)
    if len(compact(mocks).encode()) > MAX_MOCK_BYTES:
        yield Problem(path="mocks", message=f"take more than {MAX_MOCK_BYTES} bytes")


def _problems(name: str, mock: Mapping[str, Any]) -> list[Problem]:
    try:
        if set(mock) == {"error"}:
            MockedError.model_validate(mock["error"])
    except ValidationError as error:
        return [
            each.model_copy(
                update={"path": f"mocks.{shortened(name)}.error.{each.path}".rstrip(".")}
            )
            for each in problems_in(error, MockedError)
        ]
    return []
