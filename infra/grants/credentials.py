"""`credentials`, of the API; its right to seal stands in `infra/secret_kinds.py`."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import ANSWERS, Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may(
        "dynamodb:BatchGetItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        on=on.table("credentials"),
    )
    # Before a deletion: which active flows name it; of those saved long ago the plan tells.
    function.may("dynamodb:GetItem", "dynamodb:Query", on=on.table("flows"))
    # The first credential in a namespace makes that be there; its row stands among the flows.
    function.may("dynamodb:UpdateItem", on=on.table("flows"))
    function.may(*ANSWERS, on=on.table("idempotency"))


FUNCTION = Function(
    variables=(
        "CREDENTIALS_TABLE_NAME",
        "FLOWS_TABLE_NAME",
        "IDEMPOTENCY_TABLE_NAME",
        "SECRETS_KEY_ARN",
    ),
    grant=_grant,
)
