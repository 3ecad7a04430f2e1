"""Settings, read from a function's environment when first asked for; each has only its own."""

import os
from functools import cache
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A frozen group of settings; field names equal environment variables in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class FlowsTableSettings(Settings):
    flows_table_name: str


class ExecutionsTableSettings(Settings):
    executions_table_name: str


class IdempotencyTableSettings(Settings):
    idempotency_table_name: str


class ApprovalsTableSettings(Settings):
    approvals_table_name: str


class UsersTableSettings(Settings):
    users_table_name: str


class UserPoolSettings(Settings):
    """The pool of users, and the client that its tokens are made for."""

    user_pool_id: str
    user_pool_client_id: str


class PayloadsSettings(Settings):
    payloads_bucket_name: str


class TimersSettings(Settings):
    timers_queue_url: str


class EngineSettings(Settings):
    state_machine_arn: str


class StackSettings(Settings):
    """The options that the stack was made with."""

    headrace_stage: str
    headrace_auth: Literal["on", "off"]


class AuthSettings(Settings):
    """The option `auth`: what is not said is on."""

    headrace_auth: Literal["on", "off"] = "on"


class BootstrapSettings(Settings):
    """The option `bootstrap`: whether the first user of an empty stack needs no token."""

    headrace_bootstrap: Literal["closed", "open"] = "closed"


class EgressSettings(Settings):
    headrace_egress_allow: str = ""
    headrace_egress_deny: str = ""


class RetentionSettings(Settings):
    headrace_retention: str = ""


class SdkSettings(Settings):
    """The patience of clients of AWS: `patient` where nobody waits for the answer."""

    headrace_sdk_patience: Literal["quick", "patient"] = "quick"


S = TypeVar("S", bound=Settings)


@cache
def settings(kind: type[S]) -> S:
    """Read `kind` from the environment once; a missing variable raises an error that names it."""
    return kind.model_validate({name.lower(): value for name, value in os.environ.items()})
