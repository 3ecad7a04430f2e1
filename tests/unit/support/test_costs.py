"""The measure that bounds of processor time are told in."""

from tests.support.costs import cost_of

TEN = """
import sys
from tests.support.costs import measured, unit_seconds
sys.stdin.read()
with measured():
    for _ in range(10):
        unit_seconds()
"""


def test_ten_times_the_fixed_work_costs_about_ten() -> None:
    assert 3 < cost_of(TEN, None) < 30
