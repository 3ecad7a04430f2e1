"""The services of the routes of /clients, made for each caller."""

from shared.auth.clients.provision import Provision
from shared.auth.clients.repository import client_repository
from shared.auth.clients.service import ClientService
from shared.auth.users.pool import user_pool
from shared.http.caller import Caller
from shared.ids import new_id
from shared.times import utc_now


def client_service(caller: Caller) -> ClientService:
    clients = client_repository(caller.tenant)
    return ClientService(
        clients=clients,
        provision=Provision(clients, user_pool(), new_id),
        now=utc_now,
        new_id=new_id,
        by=caller.name,
    )
