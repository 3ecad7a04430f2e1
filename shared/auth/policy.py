"""The role matrix: what each route of the API takes. What has no row here does not exist.

Authorisation, the document's `security`, the docs and the tests read this table; a route is written
as API Gateway writes it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.auth.principal import Role


class Access(NamedTuple):
    """The least role that may call a route, None for everybody without a token.

    Where `theirs` is true participants may call it too: the route gives them what is theirs. What
    `needs_users` is not there where everybody is `local`. What `bootstraps` looks itself who calls
    on a stack with the option bootstrap=open, where it can be called without a token too.
    """

    least: Role | None
    theirs: bool = False
    needs_users: bool = False
    bootstraps: bool = False


NONE = Access(None)
PARTICIPANT = Access(Role.PARTICIPANT)
VIEWER = Access(Role.VIEWER)
AUDITOR = Access(Role.AUDITOR)
EXECUTOR = Access(Role.EXECUTOR)
EDITOR = Access(Role.EDITOR)
ADMIN = Access(Role.ADMIN)
VIEWER_OR_THEIRS = Access(Role.VIEWER, theirs=True)
EXECUTOR_OR_THEIRS = Access(Role.EXECUTOR, theirs=True)
LOGIN = Access(None, needs_users=True)
USER = Access(Role.PARTICIPANT, needs_users=True)
USERS = Access(Role.ADMIN, needs_users=True)
REGISTRATION = Access(Role.ADMIN, needs_users=True, bootstraps=True)

POLICY: Mapping[str, Access] = {
    # health
    "GET /healthz": NONE,
    "GET /readyz": NONE,
    "GET /openapi.json": NONE,
    "GET /api/v1/info": PARTICIPANT,
    # auth
    "POST /auth/login": LOGIN,
    "POST /auth/refresh": LOGIN,
    "POST /auth/logout": USER,
    "POST /auth/register": REGISTRATION,
    # users
    "GET /api/v1/me": PARTICIPANT,
    "GET /api/v1/people": EXECUTOR,
    "GET /api/v1/users": USERS,
    "GET /api/v1/users/{username}": USERS,
    "PUT /api/v1/users/{username}": USERS,
    "POST /api/v1/users/{username}/password": USER,
    # plugins
    "GET /api/v1/plugins": VIEWER,
    "GET /api/v1/plugins/categories": VIEWER,
    "GET /api/v1/plugins/{plugin_id}": VIEWER,
    "GET /docs/plugins/{plugin_id}": NONE,
    # flows
    "GET /api/v1/flows": VIEWER_OR_THEIRS,
    "POST /api/v1/flows": EDITOR,
    "POST /api/v1/flows/validate": VIEWER,
    "GET /api/v1/flows/{flow_id}": VIEWER,
    "GET /api/v1/flows/{flow_id}/graph": VIEWER,
    "GET /api/v1/flows/{flow_id}/state-machine": VIEWER,
    "PUT /api/v1/flows/{flow_id}": EDITOR,
    "DELETE /api/v1/flows/{flow_id}": EDITOR,
    "POST /api/v1/flows/{flow_id}/activate": EDITOR,
    "POST /api/v1/flows/{flow_id}/deactivate": EDITOR,
    "POST /api/v1/flows/{flow_id}/draft": EDITOR,
    # executions
    "POST /api/v1/flows/{flow_id}/execute": EXECUTOR,
    "POST /api/v1/flows/{flow_id}/test": EXECUTOR,
    "GET /api/v1/executions": VIEWER,
    "POST /api/v1/executions": EXECUTOR,
    "POST /api/v1/executions/cancel": EXECUTOR,
    "POST /api/v1/executions/retry": EXECUTOR,
    "GET /api/v1/executions/{execution_id}": VIEWER,
    "GET /api/v1/executions/{execution_id}/tasks": VIEWER,
    "GET /api/v1/executions/{execution_id}/results": VIEWER,
    "GET /api/v1/executions/{execution_id}/logs": VIEWER,
    "POST /api/v1/executions/{execution_id}/cancel": EXECUTOR,
    "POST /api/v1/executions/{execution_id}/retry": EXECUTOR,
    # approvals
    "GET /api/v1/approvals": VIEWER_OR_THEIRS,
    "GET /api/v1/approvals/{approval_id}": VIEWER_OR_THEIRS,
    "POST /api/v1/approvals/{approval_id}/approve": EXECUTOR_OR_THEIRS,
    "POST /api/v1/approvals/{approval_id}/reject": EXECUTOR_OR_THEIRS,
}
"""The access to each route, by method and path."""
