"""Plans of the flows that the platform brings along."""

import pytest

from shared.flows.plans import built_in


def test_a_built_in_flow_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError):
        built_in.plan_of(built_in.CANCEL_MANY, 99)
