"""`executions`, of the API; its right to seal inputs stands in `infra/secret_kinds.py`."""

from infra.constructs.function import PlatformFunction
from infra.declarations import Function
from infra.resources import ANSWERS, CLAIMS, RECORDS, RUNS, Resources


def _grant(function: PlatformFunction, on: Resources) -> None:
    function.may("dynamodb:GetItem", on=on.table("flows"))
    function.may(*RECORDS, on=on.table("executions"))
    for index in ("recent", "by-flow", "by-correlation", "by-origin"):
        function.may("dynamodb:Query", on=on.index("executions", index))
    function.may(*CLAIMS, on=on.table("idempotency"))
    function.may(*RUNS, on=on.machine)
    function.may("states:StopExecution", on=on.runs)
    for kind in ("executions", "results"):
        function.may("s3:GetObject", on=on.objects(kind))
        function.may("s3:PutObject", on=on.objects(kind))
    # An execution that ends before it runs lets go of its inputs.
    function.may("s3:PutObjectTagging", on=on.objects("executions"))
    function.may_list("executions/", on=on.bucket)
    function.may(*ANSWERS, on=on.table("idempotency"))


FUNCTION = Function(
    variables=(
        "EXECUTIONS_TABLE_NAME",
        "FLOWS_TABLE_NAME",
        "HEADRACE_RETENTION",
        "IDEMPOTENCY_TABLE_NAME",
        "PAYLOADS_BUCKET_NAME",
        "SECRETS_KEY_ARN",
        "STATE_MACHINE_ARN",
    ),
    # An execution's outputs are 100 MB at most; as text in memory four times as much, twice.
    memory_mb=1769,
    grant=_grant,
)
