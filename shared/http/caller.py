"""The caller of the request at hand: a route asks for it as `caller: Caller`.

Whoever calls is told from the token once, before anything else of a request is looked at, and held
against the access of the route that was found, never of the one that the gateway says it is.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Depends

from shared.auth.claims import principal_of
from shared.auth.policy import Access
from shared.auth.principal import LOCAL_PRINCIPAL, Principal, Role
from shared.auth.roles import includes
from shared.config import AuthSettings, BootstrapSettings, settings
from shared.errors import ForbiddenError, InvalidTokenError, RouteNotFoundError
from shared.observability import logger

_CALLER: ContextVar[Principal | None] = ContextVar("caller", default=None)


def calling_principal() -> Principal:
    """Return the principal of the request at hand; InvalidTokenError where nobody had to log in."""
    caller = _CALLER.get()
    if caller is None:
        raise InvalidTokenError("log in first")
    return caller


Caller = Annotated[Principal, Depends(calling_principal)]


def admit(event: Mapping[str, Any], access: Access, now: datetime) -> None:
    """Note who calls a route of such an access, and refuse who may not.

    Raises InvalidTokenError (401) before ForbiddenError (403), and RouteNotFoundError for a route
    that is about users where there are none.
    """
    _CALLER.set(None)
    if settings(AuthSettings).headrace_auth == "off":
        if access.needs_users:
            raise RouteNotFoundError("there are no users here: this stack was made with auth=off")
        _CALLER.set(LOCAL_PRINCIPAL)
        return
    if access.least is None or _lets_in_unseen(event, access):
        return
    caller = _principal_of(event, now)
    logger.append_keys(tenant=caller.tenant, caller=caller.name)
    is_theirs = access.theirs and caller.role is Role.PARTICIPANT
    if not (includes(caller.role, access.least) or is_theirs):
        raise ForbiddenError(f"this takes the role {access.least}, and yours is {caller.role}")
    _CALLER.set(caller)


def is_bootstrapping() -> bool:
    """Tell whether the first user of this stack needs no token."""
    return bool(settings(BootstrapSettings).headrace_bootstrap == "open")


def _lets_in_unseen(event: Mapping[str, Any], access: Access) -> bool:
    return access.bootstraps and is_bootstrapping() and not _claims_of(event)


def _claims_of(event: Mapping[str, Any]) -> Any:
    return event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims")


def _principal_of(event: Mapping[str, Any], now: datetime) -> Principal:
    claims = _claims_of(event)
    if not claims:
        raise InvalidTokenError("log in first: POST /auth/login, then send Authorization: Bearer")
    return principal_of(claims, now)
