"""The services of the routes of /namespaces: made for each caller."""

from shared.credentials.repository import credential_repository
from shared.flows.repository import flow_repository
from shared.http.caller import Caller
from shared.kv.repository import kv_repository
from shared.namespaces.members import Members
from shared.namespaces.repository import namespace_repository
from shared.namespaces.service import NamespaceService
from shared.times import utc_now


def namespace_service(caller: Caller) -> NamespaceService:
    flows, keys = flow_repository(caller.tenant), kv_repository(caller.tenant)
    members = Members(
        flows_by_namespace=flows.count_by_namespace,
        flows_in=flows.count_in,
        credentials_by_namespace=credential_repository(caller.tenant).count_by_namespace,
        keys_in=lambda name: keys.count(name, utc_now()),
    )
    return NamespaceService(namespace_repository(caller.tenant), members, utc_now)
