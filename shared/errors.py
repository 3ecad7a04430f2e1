"""Every failure the product can tell a caller about.

* PlatformError                       code, a sentence safe to show, and places
  + InvalidRequestError               400
    x InvalidFlowError                the flow's text is refused
    x NotSupportedYetError            valid, but the engine cannot run it yet
    + InvalidInputsError              an execution's inputs are refused
      x ExpressionTooSlowError        an expression over them takes too long
    x InvalidCursorError
    x InvalidIdempotencyKeyError
    x IdempotencyKeyRequiredError
    x MalformedBodyError
  + InvalidTokenError                 401, no token of ours, or one that is over
    x InvalidCredentialsError         name, password, secret or refresh token are not right
  + ForbiddenError                    403, the role is too low
    x PasswordDueError                the password was set for one use: send another with it
    x NotApproverError                the approval names others
  + NotFoundError                     404
    x RouteNotFoundError
    x FlowNotFoundError
    x RevisionNotFoundError
    x ExecutionNotFoundError
    x PluginNotFoundError
    x ApprovalNotFoundError
    x UserNotFoundError
  x MethodNotAllowedError             405
  + ConflictError                     409
    x FlowNameTakenError
    x FlowNotRunnableError            draft, inactive or disabled
    x FlowTransitionError
    x FlowChangedError                somebody else wrote in between
    x ExecutionNotFinishedError
    x ExecutionFinishedError
    x ExecutionNotRetryableError
    x ApprovalDecidedError
    x UsernameTakenError              names are unique in the pool, whatever the tenant
    x LastAdminError                  nobody else could make users any more
    x IdempotencyInProgressError      tells when to come again
  x PreconditionFailedError           412
  x BodyTooLargeError                 413
  x UnsupportedMediaTypeError         415
  x IdempotencyKeyReusedError         422
  x TooManyRequestsError              429, tells when to come again
  x UnavailableError                  503, tell when to come again
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

THROTTLES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Error codes of AWS that ask for fewer calls."""


class Problem(BaseModel):
    """One thing wrong at one place: a path (`tasks[0].dependsOn`), 1-based line and column."""

    model_config = ConfigDict(frozen=True)

    path: str
    message: str
    line: int | None = None
    column: int | None = None


class PlatformError(Exception):
    """An error that callers see; `code` is public API, `detail` never holds a secret or an ARN."""

    code = "internal_error"

    def __init__(self, detail: str, *, problems: Sequence[Problem] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)

    @property
    def members(self) -> Mapping[str, str]:
        """The members that an answer has beside those of every error."""
        return {}


class InvalidRequestError(PlatformError):
    code = "invalid_request"


class InvalidFlowError(InvalidRequestError):
    code = "invalid_flow"


class NotSupportedYetError(InvalidRequestError):
    code = "not_supported_yet"


class InvalidInputsError(InvalidRequestError):
    code = "invalid_inputs"


class ExpressionTooSlowError(InvalidInputsError):
    code = "template_error"


class InvalidCursorError(InvalidRequestError):
    code = "invalid_cursor"


class InvalidIdempotencyKeyError(InvalidRequestError):
    code = "invalid_idempotency_key"


class IdempotencyKeyRequiredError(InvalidRequestError):
    code = "idempotency_key_required"


class MalformedBodyError(InvalidRequestError):
    code = "malformed_body"


class InvalidTokenError(PlatformError):
    code = "invalid_token"


class InvalidCredentialsError(InvalidTokenError):
    code = "invalid_credentials"


class ForbiddenError(PlatformError):
    code = "forbidden"


class PasswordDueError(ForbiddenError):
    code = "password_due"


class NotApproverError(ForbiddenError):
    code = "not_approver"


class NotFoundError(PlatformError):
    code = "not_found"


class RouteNotFoundError(NotFoundError):
    code = "route_not_found"


class FlowNotFoundError(NotFoundError):
    code = "flow_not_found"


class RevisionNotFoundError(NotFoundError):
    code = "revision_not_found"


class ExecutionNotFoundError(NotFoundError):
    code = "execution_not_found"


class PluginNotFoundError(NotFoundError):
    code = "plugin_not_found"


class ApprovalNotFoundError(NotFoundError):
    code = "approval_not_found"


class UserNotFoundError(NotFoundError):
    code = "user_not_found"


class MethodNotAllowedError(PlatformError):
    code = "method_not_allowed"

    def __init__(self, detail: str, *, allowed: Sequence[str]) -> None:
        super().__init__(detail)
        self.allowed = tuple(allowed)


class ConflictError(PlatformError):
    code = "conflict"


class FlowNameTakenError(ConflictError):
    """The name is that of another flow, `flow_id`."""

    code = "flow_name_taken"

    def __init__(self, detail: str, *, flow_id: str) -> None:
        super().__init__(detail)
        self.flow_id = flow_id

    @property
    def members(self) -> Mapping[str, str]:
        return {"flowId": self.flow_id}


class FlowNotRunnableError(ConflictError):
    code = "flow_not_runnable"


class FlowTransitionError(ConflictError):
    code = "flow_transition"


class FlowChangedError(ConflictError):
    code = "flow_changed"


class ExecutionNotFinishedError(ConflictError):
    code = "execution_not_finished"


class ExecutionFinishedError(ConflictError):
    code = "execution_finished"


class ExecutionNotRetryableError(ConflictError):
    code = "execution_not_retryable"


class ApprovalDecidedError(ConflictError):
    code = "approval_decided"


class UsernameTakenError(ConflictError):
    code = "username_taken"


class LastAdminError(ConflictError):
    code = "last_admin"


class IdempotencyInProgressError(ConflictError):
    code = "idempotency_in_progress"

    def __init__(self, detail: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class PreconditionFailedError(PlatformError):
    code = "precondition_failed"


class BodyTooLargeError(PlatformError):
    code = "body_too_large"


class UnsupportedMediaTypeError(PlatformError):
    code = "unsupported_media_type"


class IdempotencyKeyReusedError(PlatformError):
    code = "idempotency_key_reused"


class TooManyRequestsError(PlatformError):
    code = "too_many_requests"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class UnavailableError(PlatformError):
    code = "unavailable"

    def __init__(self, detail: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
