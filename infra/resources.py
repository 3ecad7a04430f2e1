"""The resources that grants name: the ARNs of the platform's, and sets of actions on them."""

from dataclasses import dataclass

from infra.constructs.function import PlatformFunction
from infra.constructs.identity import Identity
from infra.constructs.orchestration import Orchestration
from infra.constructs.storage import Storage
from infra.constructs.timers import Timers

RECORDS = (
    "dynamodb:BatchGetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
)
"""The actions on the executions' table, for what starts, runs and ends them."""
CLAIMS = ("dynamodb:GetItem", "dynamodb:PutItem")
"""The actions on the keys' table, for what starts executions."""
ANSWERS = ("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
"""The actions on the keys' table for answers: put a claim, update it, delete it when refused."""
RUNS = ("states:SendTaskSuccess", "states:StartExecution")
"""The actions on the state machine, for what wakes suspended runs and starts the next."""

MEMBERSHIP = (
    "cognito-idp:AdminAddUserToGroup",
    "cognito-idp:AdminCreateUser",
    "cognito-idp:AdminDeleteUser",
    "cognito-idp:AdminDisableUser",
    "cognito-idp:AdminEnableUser",
    "cognito-idp:AdminListGroupsForUser",
    "cognito-idp:AdminRemoveUserFromGroup",
    "cognito-idp:AdminSetUserPassword",
    "cognito-idp:AdminUserGlobalSignOut",
    "cognito-idp:CreateGroup",
)
"""The actions on the pool of users, for what makes users and changes them."""


@dataclass(frozen=True)
class Resources:
    """The parts of the stack that functions work with."""

    storage: Storage
    timing: Timers
    orchestration: Orchestration
    identity: Identity

    def table(self, noun: str) -> str:
        return self.storage.table_arn(noun)

    def index(self, noun: str, name: str) -> str:
        return self.storage.index_arn(noun, name)

    def objects(self, kind: str) -> str:
        return self.storage.objects_arn(kind)

    @property
    def bucket(self) -> str:
        return self.storage.payloads.bucket_arn

    @property
    def machine(self) -> str:
        return self.orchestration.machine.state_machine_arn

    @property
    def runs(self) -> str:
        """Every run of the machine."""
        return self.orchestration.executions_arn

    @property
    def pool(self) -> str:
        """The pool of users."""
        return self.identity.pool_arn

    @property
    def timers(self) -> str:
        return self.timing.queue.queue_arn


def grant_nothing(_function: PlatformFunction, _on: Resources) -> None:
    """Grant a function its log, which it has anyway."""
