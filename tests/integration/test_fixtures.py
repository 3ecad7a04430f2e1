"""The flows that must work do, on moto's interpreter with the real runner behind it."""

import pytest

from tests.support.fixtures import WORKING, Finished


@pytest.mark.parametrize("name", sorted(WORKING))
def test_a_fixture_ends_as_its_first_line_says(name: str, run: Finished):
    WORKING[name](run)
