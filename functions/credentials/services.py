"""The services of the routes of /credentials: made for each caller."""

from collections.abc import Sequence
from functools import partial

from shared.credentials.repository import credential_repository
from shared.credentials.service import CredentialService, Use
from shared.flows.plans.repository import plan_repository
from shared.flows.repository import flow_repository
from shared.flows.uses import FlowUses
from shared.http.caller import Caller
from shared.ids import new_id
from shared.namespaces.repository import namespace_repository
from shared.secrets.sealing import sealer
from shared.times import utc_now


def credential_service(caller: Caller) -> CredentialService:
    return CredentialService(
        credentials=credential_repository(caller.tenant),
        sealer=sealer(),
        used_by=partial(used_by, caller.tenant),
        enter=namespace_repository(caller.tenant).entry,
        now=utc_now,
        new_id=new_id,
        tenant=caller.tenant,
    )


def used_by(tenant: str, name: str) -> Sequence[Use]:
    """Return the active flows of a tenant that name a credential."""
    uses = FlowUses(flow_repository(tenant), partial(plan_repository().get, tenant))
    return [Use(flow.id, flow.name, flow.namespace) for flow in uses.of_credential(name)]
