"""The key of KMS under which secrets are sealed, and the rights to it by kind of secret."""

from collections.abc import Mapping

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.function import PlatformFunction
from infra.secret_kinds import SECRET_KINDS

KIND = "kms:EncryptionContext:kind"


class Secrets(Construct):
    """One key for all kinds: a role may use it for its own kinds only.

    `has_conditions` is false for the emulator, which never matches the condition that says so.
    """

    def __init__(
        self, scope: Construct, name: str, *, is_protected: bool, has_conditions: bool
    ) -> None:
        super().__init__(scope, name)
        self._has_conditions = has_conditions
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{Stack.of(self).stack_name}/secrets",
            description="Wraps the data keys of secrets",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if is_protected else RemovalPolicy.DESTROY,
        )

    def grant(self, functions: Mapping[str, PlatformFunction]) -> None:
        """Give each function the rights that the table of kinds gives it."""
        for kind, users in SECRET_KINDS.items():
            for function, rights in users.items():
                condition = {"StringEquals": {KIND: kind}} if self._has_conditions else None
                functions[function].may_if(condition, *rights, on=self.key.key_arn)
