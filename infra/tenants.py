"""`python -m infra.tenants acme [admin=ann] [target=local|aws]`: a tenant and its first admin.

For who may invoke functions of the stack: its owner on this machine, or by a role in AWS. The
password is made here, set there, and shown once.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.admins import Login, TenantError, make_tenant
from infra.local.background import running_process
from infra.local.credentials import home_key_pair
from infra.local.description import describe, token_command
from infra.local.logins import OTHER, Logins
from infra.local.settings import REGION, Local, LocalStackError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.client import CloudFormationClient

STACK = "Headrace"
OUTPUT = "UsersFunctionName"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
USERNAME = re.compile(r"[a-z0-9._@+-]{1,100}")
USAGE = "make tenant NAME=acme [TENANT_ADMIN=ann] [TARGET=local|aws]"
Client = Callable[[str], Any]
"""A client of a service of AWS, by the service's name."""


def make_on_aws(tenant: str, admin: Login, client: Client) -> str:
    """Make a tenant of the stack of this account and region; return what to tell the operator."""
    function = users_function(client("cloudformation"))
    if not make_tenant(client("lambda"), function, tenant, admin):
        return _stands(tenant)
    return _shown(tenant, admin)


def make_locally(tenant: str, admin: Login, local: Local, client: Client) -> str:
    """Make a tenant of the local stack, which keeps the login of the last one that was made."""
    if not make_tenant(client("lambda"), users_function(client("cloudformation")), tenant, admin):
        return _stands(tenant)
    Logins(local.logins).keep(OTHER, admin)
    describe(local)
    return (
        f"{_shown(tenant, admin)}\nkept in {local.description}; a token of an hour for your shell:"
        f"\n  {token_command(local, OTHER)}"
    )


def users_function(stacks: "CloudFormationClient") -> str:
    """Return the name of the function that keeps users, out of the stack's outputs."""
    [stack] = stacks.describe_stacks(StackName=STACK)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
    if OUTPUT not in outputs:
        raise TenantError(f"the stack {STACK} has no output {OUTPUT}: deploy this version first")
    return outputs[OUTPUT]


def main(arguments: Sequence[str]) -> int:
    """Return the exit code: 0, or 1 after saying on stderr what to do about it."""
    given = {name: value for name, _, value in (each.partition("=") for each in arguments[1:])}
    try:
        print(_made(arguments[0] if arguments else "", given))
    except (TenantError, LocalStackError, ClientError, BotoCoreError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _made(tenant: str, given: Mapping[str, str]) -> str:
    if not NAME.fullmatch(tenant):
        raise TenantError(f"{USAGE}: a tenant is a name of a-z, 0-9 and -, 31 characters at most")
    username = (given.get("admin") or f"{tenant}-admin").lower()
    if not USERNAME.fullmatch(username):
        raise TenantError(f"{USAGE}: an admin is a name of a-z, 0-9 and ._@+-, at most 100 of them")
    admin, target = Login.random(username), given.get("target") or "local"
    if target == "aws":
        return make_on_aws(tenant, admin, _client)
    if target == "local":
        local = Local.from_environment()
        return make_locally(tenant, admin, local, _local_client(local))
    raise TenantError(f"{USAGE}: {target} is no target")


def _client(service: str) -> Any:
    named: Any = service
    return boto3.client(named)


def _local_client(local: Local) -> Client:
    if not local.has_users:
        raise TenantError("HEADRACE_AUTH=off: a stack without users has no other tenants")
    if running_process(local) is None or not local.description.exists():
        raise TenantError("nothing runs: `make run` starts it; TARGET=aws means the stack on AWS")
    pair = home_key_pair(local.credentials)
    session = boto3.Session(pair.access_key_id, pair.secret_access_key, region_name=REGION)

    def client(service: str) -> Any:
        named: Any = service
        return session.client(named, endpoint_url=local.aws_endpoint_url)

    return client


def _stands(tenant: str) -> str:
    return f"the tenant {tenant} is there already, with an admin: nothing was changed"


def _shown(tenant: str, admin: Login) -> str:
    return f"the admin of {tenant}, shown this once:\n  {admin.username}  {admin.password}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
