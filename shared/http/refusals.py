"""The refusals of each route, for the document and for the tests that hold the answers to it.

A route's own are in `REFUSALS`; what its parameters and its body may be refused for follows from
them, and what its path names from `UNKNOWN`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared import errors
from shared.auth.policy import POLICY
from shared.errors import PlatformError
from shared.http.headers import IDEMPOTENCY_KEY

Json = Mapping[str, Any]
Kinds = tuple[type[PlatformError], ...]

UNKNOWN: Mapping[str, type[PlatformError]] = {
    "flow_id": errors.FlowNotFoundError,
    "revision": errors.RevisionNotFoundError,
    "execution_id": errors.ExecutionNotFoundError,
    "approval_id": errors.ApprovalNotFoundError,
    "plugin_id": errors.PluginNotFoundError,
    "credential_id": errors.CredentialNotFoundError,
    "username": errors.UserNotFoundError,
    "client_id": errors.ClientNotFoundError,
}
"""The error for what a parameter names and is not there."""

_TEXT: Kinds = (errors.InvalidFlowError, errors.NotSupportedYetError)
_SAVE: Kinds = (*_TEXT, errors.FlowNameTakenError, errors.FlowChangedError)
_MOVE: Kinds = (*_TEXT, errors.FlowTransitionError, errors.FlowChangedError)
_START: Kinds = (
    errors.InvalidInputsError,
    errors.ExpressionTooSlowError,
    errors.FlowNotRunnableError,
    errors.NotSupportedYetError,
)
_PASSWORD: Kinds = (errors.InvalidCredentialsError, errors.TooManyRequestsError)
_DECIDE: Kinds = (errors.ApprovalDecidedError, errors.ExecutionFinishedError)

REFUSALS: Mapping[str, Kinds] = {
    # approvals
    "GET /api/v1/approvals/{approval_id}": (errors.NotApproverError,),
    "POST /api/v1/approvals/{approval_id}/approve": (errors.NotApproverError, *_DECIDE),
    "POST /api/v1/approvals/{approval_id}/reject": (errors.NotApproverError, *_DECIDE),
    # credentials
    "POST /api/v1/credentials": (
        errors.NotSupportedYetError,
        errors.CredentialNameTakenError,
    ),
    "PUT /api/v1/credentials/{credential_id}": (errors.NotSupportedYetError,),
    "DELETE /api/v1/credentials/{credential_id}": (errors.InUseError,),
    # auth
    "POST /auth/login": (*_PASSWORD, errors.PasswordDueError),
    "POST /auth/refresh": (errors.InvalidCredentialsError,),
    "POST /auth/token": _PASSWORD,
    "POST /auth/register": (errors.UsernameTakenError,),
    # clients
    "POST /api/v1/clients": (errors.ClientNameTakenError,),
    # executions
    "POST /api/v1/executions": (
        errors.IdempotencyKeyRequiredError,
        errors.FlowNotFoundError,
        *_START,
    ),
    "GET /api/v1/executions/{execution_id}/results": (errors.ExecutionNotFinishedError,),
    "POST /api/v1/executions/{execution_id}/cancel": (errors.ExecutionFinishedError,),
    "POST /api/v1/executions/{execution_id}/retry": (
        *_START,
        errors.FlowNotFoundError,
        errors.ExecutionNotRetryableError,
    ),
    "POST /api/v1/flows/{flow_id}/execute": (errors.IdempotencyKeyRequiredError, *_START),
    "POST /api/v1/flows/{flow_id}/test": (*_START, *_TEXT, errors.RevisionNotFoundError),
    # flows
    "POST /api/v1/flows": _SAVE,
    "POST /api/v1/flows/import": _SAVE,
    "PUT /api/v1/flows/by-name/{namespace}/{name}": _MOVE,
    "POST /api/v1/flows/{flow_id}/clone": _SAVE,
    "POST /api/v1/flows/{flow_id}/revisions/{revision}/restore": _SAVE,
    "PUT /api/v1/flows/{flow_id}": (*_MOVE, errors.FlowNameTakenError),
    "DELETE /api/v1/flows/{flow_id}": (errors.FlowChangedError,),
    "GET /api/v1/flows/{flow_id}/graph": _TEXT,
    "GET /api/v1/flows/{flow_id}/state-machine": _TEXT,
    "POST /api/v1/flows/{flow_id}/activate": _MOVE,
    "POST /api/v1/flows/{flow_id}/deactivate": _MOVE,
    "POST /api/v1/flows/{flow_id}/draft": _MOVE,
    # kv
    "GET /api/v1/kv/{namespace}/{key}": (errors.KeyNotFoundError,),
    "DELETE /api/v1/kv/{namespace}/{key}": (errors.KeyNotFoundError,),
    # namespaces
    "GET /api/v1/namespaces/{name}": (errors.NamespaceNotFoundError,),
    "PUT /api/v1/namespaces/{name}": (errors.NotSupportedYetError,),
    "DELETE /api/v1/namespaces/{name}": (
        errors.NamespaceNotFoundError,
        errors.NamespaceFixedError,
        errors.NamespaceNotEmptyError,
    ),
    # users
    "PUT /api/v1/users/{username}": (errors.LastAdminError,),
    "POST /api/v1/users/{username}/password": _PASSWORD,
}
"""The errors that a route may end with, beside those of its parameters, its body and its caller."""

EXAMPLES: Mapping[str, str] = {
    "approval_decided": "the approval is APPROVED already",
    "approval_not_found": "there is no approval '01890000-0000-7000-8000-000000000000'",
    "body_too_large": "the body is larger than 1048576 bytes",
    "credential_name_taken": "there is a credential TOKEN for all already",
    "credential_not_found": "there is no such credential",
    "client_name_taken": "there is a client of this name: they are in lower case",
    "client_not_found": "there is no such client",
    "execution_finished": "the execution has ended, or is about to",
    "execution_not_finished": "the execution is RUNNING",
    "execution_not_found": "there is no such execution",
    "execution_not_retryable": "the execution is RUNNING: only one that failed can be retried",
    "flow_changed": "the flow is being changed by somebody else, try again",
    "flow_name_taken": "there is a flow named 'nightly' in namespace 'default' already",
    "flow_not_found": "there is no such flow",
    "flow_not_runnable": "the flow is a draft",
    "flow_transition": "a flow that is draft cannot become inactive",
    "forbidden": "this takes the role editor, and yours is viewer",
    "idempotency_in_progress": "the first request with this Idempotency-Key is still under way",
    "idempotency_key_required": "send an Idempotency-Key",
    "idempotency_key_reused": "this Idempotency-Key was sent with another payload",
    "in_use": "active flows name TOKEN: deactivate them, or delete with force=true",
    "invalid_credentials": "the name or the password is not right",
    "invalid_cursor": "the cursor does not belong to this list and its filters",
    "invalid_flow": "the flow is not valid",
    "invalid_idempotency_key": "Idempotency-Key must be 1 to 255 visible ASCII characters",
    "invalid_inputs": "the inputs are not valid",
    "invalid_request": "the request is not valid",
    "invalid_token": "log in first: POST /auth/login, then send Authorization: Bearer",
    "key_not_found": "there is no such key",
    "last_admin": "this is the last admin of the tenant who can log in",
    "malformed_body": "the body is no JSON object",
    "namespace_fixed": "the namespace default is always there",
    "namespace_not_empty": "delete what is in namespace 'team' first",
    "namespace_not_found": "there is no such namespace",
    "not_approver": "the approval does not name you among its approvers",
    "not_supported_yet": "the engine cannot run this yet",
    "password_due": "this password was for one use: send newPassword as well",
    "plugin_not_found": "there is no plugin 'http.reqest'",
    "precondition_failed": "the resource has changed: read it again, send its ETag with the quotes",
    "revision_not_found": "there is no such revision",
    "route_not_found": "there is nothing at this path: GET /docs lists what there is",
    "template_error": "the expression takes longer than a second",
    "too_many_requests": "too many logins, try again later",
    "unsupported_media_type": "send the body with the Content-Type application/json",
    "user_not_found": "there is no such user",
    "username_taken": "there is a user of this name: names are unique, in lower case",
}
"""The sentences of answers, by code."""


def refusals_of(route: str, operation: Json) -> list[type[PlatformError]]:
    """Return the errors that an operation of the document may end with, each once."""
    return list(dict.fromkeys((*_of_caller(route), *_of_request(route, operation))))


def _of_caller(route: str) -> Kinds:
    access = POLICY[route]
    has_token: Kinds = (errors.InvalidTokenError, errors.ForbiddenError) if access.least else ()
    return (*has_token, errors.RouteNotFoundError) if access.needs_users else has_token


def _of_request(route: str, operation: Json) -> Iterator[type[PlatformError]]:
    yield errors.InvalidRequestError  # of an unknown query parameter, on each route
    names = {each["name"].lower() for each in operation.get("parameters", ())}
    if any(each["in"] == "path" for each in operation.get("parameters", ())):
        yield errors.RouteNotFoundError  # of an id with signs that no id has
    yield from (kind for name, kind in UNKNOWN.items() if name in names)
    if "cursor" in names:
        yield errors.InvalidCursorError
    if "if-match" in names:
        yield errors.PreconditionFailedError
    if IDEMPOTENCY_KEY in names:
        yield errors.InvalidIdempotencyKeyError
        yield errors.IdempotencyInProgressError
        yield errors.IdempotencyKeyReusedError
    if "requestBody" in operation:
        yield from (
            errors.MalformedBodyError,
            errors.BodyTooLargeError,
            errors.UnsupportedMediaTypeError,
        )
    yield from REFUSALS.get(route, ())
