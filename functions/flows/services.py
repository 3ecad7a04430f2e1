"""What the routes of /flows work with: made when first needed, once per process."""

from functools import cache, partial

from shared.aws import step_functions, table
from shared.config import EngineSettings, ExecutionsTableSettings, FlowsTableSettings, settings
from shared.executions.store.open_executions import OpenExecutions
from shared.flows.compilation import compile_text, inspect_text
from shared.flows.models import FlowRecord
from shared.flows.plans.repository import PlanRepository
from shared.flows.repository import FlowRepository
from shared.flows.service import ExecutionsDeletion, FlowService
from shared.ids import new_id
from shared.times import utc_now

TENANT = "default"


@cache
def flow_service() -> FlowService:
    flows = table(settings(FlowsTableSettings).flows_table_name)
    return FlowService(
        flows=FlowRepository(flows, TENANT),
        close=close,
        find_plan=partial(PlanRepository(flows).get, TENANT),
        compile=compile_text,
        inspect=inspect_text,
        now=utc_now,
        new_id=new_id,
    )


def close(flow: FlowRecord, author: str) -> ExecutionsDeletion | None:
    """See `shared.flows.service.Close`."""
    executions = table(settings(ExecutionsTableSettings).executions_table_name)
    if not OpenExecutions(executions).exist_for(flow.id):
        return None
    # Only a deletion needs to know executions: nothing else is to wait for their import.
    from shared.executions.bulk.flow_deletion import closing_of  # noqa: PLC0415
    from shared.executions.orchestration.state_machine import StateMachine  # noqa: PLC0415

    return closing_of(
        flow.id,
        tenant=TENANT,
        author=author,
        table_name=executions.name,
        engine=StateMachine(step_functions(), settings(EngineSettings).state_machine_arn),
        now=utc_now(),
    )
