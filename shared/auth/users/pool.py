"""The pool of users at Cognito: passwords, tokens, and the groups that tokens tell of.

The only module that calls Cognito. Whatever it says of a name and a password that do not go
together is one error here, InvalidCredentialsError: unknown, wrong, disabled, locked, unconfirmed.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import ClientError

from shared.auth.claims import OURS
from shared.auth.users.sessions import Challenge, Tokens
from shared.aws import cognito
from shared.config import UserPoolSettings, settings
from shared.errors import InvalidCredentialsError, InvalidRequestError
from shared.observability import logger
from shared.validation import invalid_at

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

T = TypeVar("T")

EXISTS, MISSING = "UsernameExistsException", "UserNotFoundException"
NEW_PASSWORD: Final = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - the name of a challenge
_WRONG = frozenset(
    {
        MISSING,
        "InvalidParameterException",
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
    }
)
_BAD_PASSWORD = frozenset(
    {
        "InvalidParameterException",
        "InvalidPasswordException",
        "PasswordHistoryPolicyViolationException",
    }
)
_NO_REFRESH_TOKEN = frozenset(
    {
        "InvalidParameterException",
        "NotAuthorizedException",
        "UnauthorizedException",
        "UnsupportedTokenTypeException",
    }
)


class UserPool:
    """The users of one pool, by name, and the one client that tokens are made for."""

    def __init__(
        self, client: "CognitoIdentityProviderClient", pool_id: str, client_id: str
    ) -> None:
        self._cognito = client
        self.pool_id = pool_id
        self.client_id = client_id

    def create(self, username: str) -> None:
        """Make a user with a password that nobody knows, unless there is one."""
        _unless(
            {EXISTS},
            lambda: self._cognito.admin_create_user(
                UserPoolId=self.pool_id, Username=username, MessageAction="SUPPRESS"
            ),
        )

    def set_password(self, username: str, password: str, *, temporary: bool) -> bool:
        """Set a password, for one use if it is temporary; False when the pool has no such user.

        Raises InvalidRequestError for a password that its policy does not take.
        """
        try:
            self._cognito.admin_set_user_password(
                UserPoolId=self.pool_id,
                Username=username,
                Password=password,
                Permanent=not temporary,
            )
        except ClientError as error:
            if _code(error) == MISSING:
                return False
            raise _password_refusal(error, "password") from None
        return True

    def set_groups(self, username: str, wanted: AbstractSet[str]) -> None:
        """Give a user these groups of ours and no other of ours; what it loses goes first."""
        found = {name for name in self._groups(username) if name.startswith(OURS)}
        for name in sorted(found - wanted):
            self._cognito.admin_remove_user_from_group(
                UserPoolId=self.pool_id, Username=username, GroupName=name
            )
        for name in sorted(wanted - found):
            self._add(username, name)

    def make_group(self, name: str) -> None:
        """Make a group, unless there is one; InvalidRequestError when the pool holds no more."""
        try:
            self._cognito.create_group(UserPoolId=self.pool_id, GroupName=name)
        except ClientError as error:
            if _code(error) == "LimitExceededException":
                raise _no_more_groups() from None
            if _code(error) != "GroupExistsException":
                raise

    def enable(self, username: str) -> None:
        """Let a user log in."""
        self._cognito.admin_enable_user(UserPoolId=self.pool_id, Username=username)

    def disable(self, username: str) -> None:
        """Refuse a user's logins, and the refresh tokens of those there were.

        Some of what admins ask for is NotAuthorizedException where the user is disabled. Who is has
        no token that is refreshed: nothing is left to end.
        """
        self._cognito.admin_disable_user(UserPoolId=self.pool_id, Username=username)
        _unless({"NotAuthorizedException"}, lambda: self.sign_out(username))

    def delete(self, username: str) -> None:
        """Forget a user, if there is one."""
        _unless(
            {MISSING},
            lambda: self._cognito.admin_delete_user(UserPoolId=self.pool_id, Username=username),
        )

    def log_in(self, username: str, password: str) -> Tokens | Challenge:
        """Return tokens, or the demand for another password; InvalidCredentialsError."""
        answer = self._initiate(
            "ADMIN_USER_PASSWORD_AUTH", {"USERNAME": username, "PASSWORD": password}
        )
        if answer.get("ChallengeName") == NEW_PASSWORD:
            return Challenge(answer["Session"])
        return _tokens(answer)

    def renew_password(self, username: str, challenge: Challenge, password: str) -> Tokens:
        """Answer the demand that `log_in` returned; InvalidRequestError for the new password."""
        try:
            answer = self._cognito.admin_respond_to_auth_challenge(
                UserPoolId=self.pool_id,
                ClientId=self.client_id,
                ChallengeName=NEW_PASSWORD,
                Session=challenge.session,
                ChallengeResponses={"USERNAME": username, "NEW_PASSWORD": password},
            )
        except self._cognito.exceptions.NotAuthorizedException:
            raise invalid_credentials() from None
        except ClientError as error:
            raise _password_refusal(error, "newPassword") from None
        return _tokens(answer)

    def refresh(self, token: str) -> Tokens:
        """Return new tokens for a refresh token; InvalidCredentialsError when it is over."""
        return _tokens(self._initiate("REFRESH_TOKEN_AUTH", {"REFRESH_TOKEN": token}))

    def revoke(self, token: str) -> None:
        """End a refresh token; what is none, or is over, needs no end."""
        _unless(
            _NO_REFRESH_TOKEN,
            lambda: self._cognito.revoke_token(Token=token, ClientId=self.client_id),
        )

    def sign_out(self, username: str) -> None:
        """End all refresh tokens of a user, if there is one."""
        _unless(
            {MISSING},
            lambda: self._cognito.admin_user_global_sign_out(
                UserPoolId=self.pool_id, Username=username
            ),
        )

    def name_of(self, token: str) -> str | None:
        """Return whose access token this is, at any pool of the region; None for none."""
        try:
            return self._cognito.get_user(AccessToken=token)["Username"]
        except ClientError as error:
            if _code(error) in _WRONG:
                return None
            raise

    def _groups(self, username: str) -> Iterator[str]:
        pages = self._cognito.get_paginator("admin_list_groups_for_user").paginate(
            UserPoolId=self.pool_id, Username=username
        )
        for page in pages:
            for group in page["Groups"]:
                yield group["GroupName"]

    def _add(self, username: str, group: str) -> None:
        def add() -> None:
            self._cognito.admin_add_user_to_group(
                UserPoolId=self.pool_id, Username=username, GroupName=group
            )

        try:
            add()
        except self._cognito.exceptions.ResourceNotFoundException:
            self.make_group(group)
            add()

    def _initiate(self, flow: Any, parameters: dict[str, str]) -> Any:
        try:
            return self._cognito.admin_initiate_auth(
                UserPoolId=self.pool_id,
                ClientId=self.client_id,
                AuthFlow=flow,
                AuthParameters=parameters,
            )
        except ClientError as error:
            if _code(error) not in _WRONG:
                raise
            logger.info("refused by the pool", extra={"why": _code(error)})
            raise invalid_credentials() from None


def invalid_credentials() -> InvalidCredentialsError:
    """Return the one answer to whoever cannot log in, whatever the reason."""
    return InvalidCredentialsError("the name or the password is not right")


def _tokens(answer: Any) -> Tokens:
    if "AuthenticationResult" not in answer:
        raise invalid_credentials()  # a challenge that no user of ours can have been given
    found = answer["AuthenticationResult"]
    return Tokens(found["AccessToken"], found["ExpiresIn"], found.get("RefreshToken", ""))


def _password_refusal(error: ClientError, field: str) -> Exception:
    """Return the error of a password in our words, or the pool's own of something else."""
    if _code(error) not in _BAD_PASSWORD:
        return error
    return invalid_at(field, "is not what the policy of the pool asks for")


def _no_more_groups() -> InvalidRequestError:
    """Return the error of a group for which the pool, that of all tenants, has no room."""
    return invalid_at("groups", "are more than can be made: name groups that are used")


def _unless(codes: AbstractSet[str], call: Callable[[], T]) -> T | None:
    """Call, and take the errors of these codes for nothing left to do."""
    try:
        return call()
    except ClientError as error:
        if _code(error) not in codes:
            raise
        return None


def _code(error: ClientError) -> str:
    return str(error.response["Error"].get("Code", ""))


@cache
def user_pool() -> UserPool:
    told = settings(UserPoolSettings)
    return UserPool(cognito(), told.user_pool_id, told.user_pool_client_id)
