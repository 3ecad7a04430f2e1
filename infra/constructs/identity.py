"""The pool of users: who may log in, and the one client by which tokens are made."""

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

PASSWORD_LENGTH = 12
"""Characters of a password at least, of any kind; the handlers say the same."""
TOKEN_LIFE = Duration.minutes(60)
REFRESH_LIFE = Duration.days(30)
PLAN = "LITE"
"""The cheapest of Cognito's plans: it has all that is used here; what a pool gets that says none
costs nearly three times as much for each user who is active in a month."""
FLOWS = ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
"""The ways to log in: by our own functions, which sign; nobody talks to the pool without them."""


class Identity(Construct):
    """A pool without self sign-up and without e-mail: admins make users and set their passwords.

    The names of users differ by more than the case of letters, which nothing can change later.
    """

    def __init__(self, scope: Construct, name: str, *, is_protected: bool) -> None:
        super().__init__(scope, name)
        self._pool = self._make_pool(is_protected=is_protected)
        self._client = self._make_client()
        CfnOutput(self, "UserPoolId", value=self._pool.ref).override_logical_id("UserPoolId")
        CfnOutput(self, "UserPoolClientId", value=self._client.ref).override_logical_id(
            "UserPoolClientId"
        )

    @property
    def variables(self) -> dict[str, str]:
        """The environment of functions that log users in, or manage them."""
        return {"USER_POOL_ID": self._pool.ref, "USER_POOL_CLIENT_ID": self._client.ref}

    @property
    def pool_arn(self) -> str:
        return self._pool.attr_arn

    @property
    def audience(self) -> str:
        """The client that tokens must have been made for."""
        return self._client.ref

    @property
    def issuer(self) -> str:
        """The address that the pool's tokens name, and below which its keys are."""
        return f"https://cognito-idp.{Aws.REGION}.{Aws.URL_SUFFIX}/{self._pool.ref}"

    def _make_pool(self, *, is_protected: bool) -> cognito.CfnUserPool:
        pool = cognito.CfnUserPool
        made = pool(
            self,
            "Pool",
            admin_create_user_config=pool.AdminCreateUserConfigProperty(
                allow_admin_create_user_only=True
            ),
            account_recovery_setting=pool.AccountRecoverySettingProperty(
                recovery_mechanisms=[pool.RecoveryOptionProperty(name="admin_only", priority=1)]
            ),
            deletion_protection="ACTIVE" if is_protected else "INACTIVE",
            mfa_configuration="OFF",
            policies=pool.PoliciesProperty(
                password_policy=pool.PasswordPolicyProperty(
                    minimum_length=PASSWORD_LENGTH,
                    require_lowercase=False,
                    require_numbers=False,
                    require_symbols=False,
                    require_uppercase=False,
                )
            ),
            username_configuration=pool.UsernameConfigurationProperty(case_sensitive=False),
            user_pool_tier=PLAN,
        )
        made.apply_removal_policy(RemovalPolicy.RETAIN if is_protected else RemovalPolicy.DESTROY)
        return made

    def _make_client(self) -> cognito.CfnUserPoolClient:
        client = cognito.CfnUserPoolClient
        return client(
            self,
            "Client",
            user_pool_id=self._pool.ref,
            explicit_auth_flows=list(FLOWS),
            generate_secret=False,
            access_token_validity=TOKEN_LIFE.to_minutes(),
            id_token_validity=TOKEN_LIFE.to_minutes(),
            refresh_token_validity=REFRESH_LIFE.to_days(),
            token_validity_units=client.TokenValidityUnitsProperty(
                access_token="minutes",  # noqa: S106 - units, no secrets
                id_token="minutes",  # noqa: S106
                refresh_token="days",  # noqa: S106
            ),
            enable_token_revocation=True,
            prevent_user_existence_errors="ENABLED",
        )
