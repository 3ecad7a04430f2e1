"""`runner`, which Step Functions calls: a whole processor, for the longest that Lambda gives."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import CLAIMS, KEYS, RECORDS, RUNS, Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may("dynamodb:GetItem", on=on.table("flows"))
    # Batches and indexes are for bulk operations: they choose, cancel and retry as it does.
    function.may(*RECORDS, on=on.table("executions"))
    for index in ("open", "recent", "by-flow", "by-correlation", "by-origin"):
        function.may("dynamodb:Query", on=on.index("executions", index))
    function.may(*CLAIMS, on=on.table("idempotency"))
    function.may(
        "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", on=on.table("approvals")
    )
    function.may(*KEYS, on=on.table("kv"))
    # What it may open of that is said by `infra/secret_kinds.py`.
    function.may("dynamodb:BatchGetItem", "dynamodb:UpdateItem", on=on.table("credentials"))
    function.may_back(*RUNS, on=on.machine)
    function.may_back("states:StopExecution", on=on.runs)
    function.may("s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", on=on.objects("executions"))
    function.may_list("executions/", on=on.bucket)
    function.may("sqs:SendMessage", on=on.timers)


FUNCTION = Function(
    variables=(
        "APPROVALS_TABLE_NAME",
        "CREDENTIALS_TABLE_NAME",
        "EXECUTIONS_TABLE_NAME",
        "FLOWS_TABLE_NAME",
        "HEADRACE_EGRESS_ALLOW",
        "HEADRACE_EGRESS_DENY",
        "HEADRACE_RETENTION",
        "HEADRACE_SDK_PATIENCE",
        "IDEMPOTENCY_TABLE_NAME",
        "KV_TABLE_NAME",
        "PAYLOADS_BUCKET_NAME",
        "SECRETS_KEY_ARN",
        "TIMERS_QUEUE_URL",
    ),
    seconds=900,
    memory_mb=1769,
    grant=_grant,
)
