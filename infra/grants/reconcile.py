"""`reconcile`, called each minute and by hints."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import RUNS, Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may("dynamodb:Query", on=on.index("executions", "open"))
    function.may(
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        on=on.table("executions"),
    )
    function.may(*RUNS, on=on.machine)
    # What it ends itself leaves objects: they go when the execution's retention is over.
    function.may("s3:PutObjectTagging", on=on.objects("executions"))
    function.may_list("executions/", on=on.bucket)
    function.may("states:DescribeExecution", "states:StopExecution", on=on.runs)


FUNCTION = Function(
    variables=("EXECUTIONS_TABLE_NAME", "PAYLOADS_BUCKET_NAME", "STATE_MACHINE_ARN"),
    seconds=60,
    grant=_grant,
)
