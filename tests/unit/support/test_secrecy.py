"""The search for secrets finds them, so that finding none says something."""

import json
import zlib
from typing import Any

import pytest

from tests.support.secrecy import Secrets

SECRET = 'pa"55/wö\\rd-LONG'
SEARCH = Secrets({"pw": SECRET})


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        {"a": [{"b": SECRET.upper()}]},
        {SECRET: 1},
        f"… {SECRET[4:12]} …",
        json.dumps({"a": json.dumps({"b": SECRET})}),
        zlib.compress(json.dumps([SECRET]).encode()),
    ],
)
def test_eight_characters_in_a_row_are_found_however_they_are_kept(value: Any):
    assert SEARCH.leaks(value)


def test_seven_characters_and_other_texts_are_not():
    assert SEARCH.leaks([SECRET[:7], "******", {"a": 1}]) == set()
