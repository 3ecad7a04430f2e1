"""Errors that carry a `Message`, read as those who wrote the values that it quotes read it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar, cast

import pytest

from shared.messages import Message


class Told(Protocol):
    """An error with a message."""

    message: Message


Error = TypeVar("Error", bound=Exception)


def told(error: object) -> str:
    """Return all that an error says."""
    return cast("Told", error).message.unmasked()


@contextmanager
def refusal(kind: type[Error], match: str) -> Iterator[pytest.ExceptionInfo[Error]]:
    """Expect an error in whose message, values included, `match` is found."""
    with pytest.raises(kind) as caught:
        yield caught
    assert re.search(match, told(caught.value)), told(caught.value)
