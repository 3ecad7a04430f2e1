"""The services of the routes of /flows: made for each caller."""

from functools import partial

from shared.credentials.known import KnownCredentials
from shared.credentials.repository import credential_repository
from shared.executions.store.open_executions import open_executions
from shared.flows.compilation import compile_text, inspect_text
from shared.flows.models import FlowRecord
from shared.flows.plans.repository import plan_repository
from shared.flows.repository import flow_repository
from shared.flows.service import ExecutionsDeletion, FlowService
from shared.http.caller import Caller
from shared.ids import new_id
from shared.times import utc_now


def flow_service(caller: Caller) -> FlowService:
    return FlowService(
        flows=flow_repository(caller.tenant),
        close=partial(close, caller.tenant),
        find_plan=partial(plan_repository().get, caller.tenant),
        compile=compile_text,
        inspect=partial(
            inspect_text,
            known_credential=KnownCredentials(credential_repository(caller.tenant)).knows,
        ),
        now=utc_now,
        new_id=new_id,
        tenant=caller.tenant,
        author=caller.name,
    )


def close(tenant: str, flow: FlowRecord, author: str) -> ExecutionsDeletion | None:
    """See `shared.flows.service.Close`."""
    if not open_executions().exist_for(flow.id):
        return None
    # Only a deletion needs to know executions: nothing else is to wait for their import.
    from shared.executions.bulk.flow_deletion import flow_deletion  # noqa: PLC0415

    return flow_deletion(flow.id, tenant=tenant, author=author)
