"""The services of the routes of /flows: made for each caller."""

from functools import partial
from typing import Annotated

from aws_lambda_powertools.event_handler import Depends

from shared.credentials.known import KnownCredentials
from shared.credentials.repository import credential_repository
from shared.executions.store.open_executions import open_executions
from shared.flows.compilation import compile_text, inspect_text
from shared.flows.models import FlowRecord
from shared.flows.plans.repository import plan_repository
from shared.flows.repository import flow_repository
from shared.flows.revisions import RevisionService
from shared.flows.service import ExecutionsDeletion, FlowService
from shared.flows.transfer import TransferService
from shared.http.caller import Caller
from shared.ids import new_id
from shared.namespaces.repository import namespace_repository
from shared.times import utc_now


def flow_service(caller: Caller) -> FlowService:
    namespaces = namespace_repository(caller.tenant)
    return FlowService(
        flows=flow_repository(caller.tenant),
        close=partial(close, caller.tenant),
        find_plan=partial(plan_repository().get, caller.tenant),
        compile=compile_text,
        inspect=partial(
            inspect_text,
            known_credential=KnownCredentials(credential_repository(caller.tenant)).knows,
            shared_variables=namespaces.variable_names,
        ),
        now=utc_now,
        new_id=new_id,
        tenant=caller.tenant,
        author=caller.name,
        enter=namespaces.entry,
    )


Flows = Annotated[FlowService, Depends(flow_service)]


def revision_service(flows: Flows) -> RevisionService:
    return RevisionService(flows)


def transfer_service(flows: Flows) -> TransferService:
    return TransferService(flows)


def close(tenant: str, flow: FlowRecord, author: str) -> ExecutionsDeletion | None:
    """See `shared.flows.service.Close`."""
    if not open_executions().exist_for(flow.id):
        return None
    # Only a deletion needs to know executions: nothing else is to wait for their import.
    from shared.executions.bulk.flow_deletion import flow_deletion  # noqa: PLC0415

    return flow_deletion(flow.id, tenant=tenant, author=author)
