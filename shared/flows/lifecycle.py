"""The lifecycle of a flow: which of its states may follow which; pure."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.errors import FlowTransitionError
from shared.flows.models import FlowRecord, FlowStatus

TRANSITIONS: Mapping[FlowStatus, frozenset[FlowStatus]] = MappingProxyType(
    {
        FlowStatus.DRAFT: frozenset({FlowStatus.ACTIVE}),
        FlowStatus.ACTIVE: frozenset({FlowStatus.INACTIVE}),
        FlowStatus.INACTIVE: frozenset({FlowStatus.DRAFT, FlowStatus.ACTIVE}),
    }
)


def moved_to(flow: FlowRecord, status: FlowStatus) -> FlowRecord:
    """Take a legal step; raises FlowTransitionError for any other, the same state included."""
    if status not in TRANSITIONS[flow.status]:
        raise FlowTransitionError(f"a flow that is {flow.status} cannot become {status}")
    return flow.model_copy(update={"status": status})
