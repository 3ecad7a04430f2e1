"""AWS refusing any one call of a function: what tests plan, and what a client is told."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.support.stack import Answer, MotoStack

ERRORS = [
    ClientError(
        {
            "Error": {"Code": code, "Message": "not now"},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]  # enough of it
        },
        "Call",
    )
    for code, status in (("ThrottlingException", 400), ("InternalServerError", 500))
]
MAX_CALLS = 60
"""More calls than anything here makes."""

each_error = pytest.mark.parametrize(
    "error", ERRORS, ids=[each.response["Error"]["Code"] for each in ERRORS]
)


def failing_calls(stack: MotoStack, error: Exception, function: str) -> Iterator[int]:
    """Plan a failure of the function's first call, then of its second, until it makes no more."""
    for number in range(1, MAX_CALLS):
        stack.calls.clear()
        stack.calls.fail_at(number, error, function)
        yield number
        if not stack.calls.has_failed:
            assert number > 1, f"{function} calls nobody"
            return
    pytest.fail(f"{function} makes {MAX_CALLS} calls and more")


def is_busy(answer: Answer) -> bool:
    """Whether it is the refusal that asks to come again; any other refusal is a mistake."""
    if answer.status < 400:
        return False
    assert (answer.status, answer.body["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    return True
