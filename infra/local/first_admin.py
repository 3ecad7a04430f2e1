"""The first admin of a home: made once, with a password that the home keeps."""

from infra.admins import Login, TenantError
from infra.local.deploy import Deployer, Deployment
from infra.local.logins import ADMIN, Logins
from infra.local.settings import LocalStackError

TENANT, USERNAME = "default", "admin"


def make_first_admin(deployer: Deployer, deployment: Deployment) -> Login | None:
    """Make the first tenant's admin; return the login if there was none before, else None.

    The password is kept before it is set: a start that is cut short in between is followed by one
    that sets the same.
    """
    logins = Logins(deployer.local.logins)
    kept = logins.all().get(ADMIN)
    login = kept or Login.random(USERNAME)
    logins.keep(ADMIN, login)
    try:
        is_made = deployer.make_tenant(deployment, TENANT, login)
    except TenantError as error:
        raise LocalStackError(f"{error}: see {deployer.local.log}") from error
    if not is_made and kept is None:
        logins.forget(ADMIN)  # somebody removed the file: the password that is set stood there
    return login if is_made else None
