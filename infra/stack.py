"""The platform's one stack: what it is made of, and below that, everything anybody may do."""

from pathlib import Path

from aws_cdk import Duration, IStackSynthesizer, Stack
from constructs import Construct

from infra.constructs.api import Api
from infra.constructs.function import PlatformFunction, Runtime, Size
from infra.constructs.orchestration import Orchestration
from infra.constructs.storage import Storage
from infra.constructs.timers import Timers
from infra.options import Options
from infra.routes import ROUTES

FLOWS, EXECUTIONS = "FLOWS_TABLE_NAME", "EXECUTIONS_TABLE_NAME"
IDEMPOTENCY, APPROVALS = "IDEMPOTENCY_TABLE_NAME", "APPROVALS_TABLE_NAME"
PAYLOADS, TIMERS = "PAYLOADS_BUCKET_NAME", "TIMERS_QUEUE_URL"
MACHINE = "STATE_MACHINE_ARN"
EGRESS, RETENTION = "HEADRACE_EGRESS_ALLOW", "HEADRACE_RETENTION"


class PlatformStack(Stack):
    """Composition first, grants last."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        options: Options,
        layer: Path,
        synthesizer: IStackSynthesizer,
    ) -> None:
        super().__init__(scope, name, synthesizer=synthesizer)
        self._runtime = Runtime(self, "Runtime", options=options, layer=layer)

        self.storage = Storage(
            self,
            "Storage",
            is_protected=options.is_production,
            has_tls=options.target == "aws",  # the emulator speaks plain HTTP
        )
        self.timing = Timers(self, "Timing")
        self._values = self._values_of(options)
        self.runner = self._function(
            "Runner",
            *(FLOWS, EXECUTIONS, IDEMPOTENCY, APPROVALS, PAYLOADS, TIMERS, EGRESS, RETENTION),
            seconds=900,
            memory_mb=1769,
        )
        self.orchestration = Orchestration(self, "Orchestration", runner=self.runner)
        self._values[MACHINE] = self.orchestration.machine.state_machine_arn

        self.flows = self._function("Flows", FLOWS, EXECUTIONS, IDEMPOTENCY, MACHINE)
        self.executions = self._function(
            "Executions", FLOWS, EXECUTIONS, IDEMPOTENCY, MACHINE, PAYLOADS, RETENTION
        )
        self.approvals = self._function("Approvals", EXECUTIONS, IDEMPOTENCY, APPROVALS)
        self.plugins = self._function("Plugins")
        self.health = self._function("Health", FLOWS)
        self.reconcile = self._function("Reconcile", EXECUTIONS, MACHINE, seconds=60)
        self.orchestration.reconciled_by(self.reconcile)
        self.timers = self._function("Timers", EXECUTIONS, seconds=30)
        self.timing.read_by(self.timers)
        self._serve(is_open=options.auth == "off")
        self._grant()

    def _values_of(self, options: Options) -> dict[str, str]:
        """What the variables hold that functions are told, each only those it names."""
        return {
            FLOWS: self.storage.flows.table_name,
            EXECUTIONS: self.storage.executions.table_name,
            IDEMPOTENCY: self.storage.idempotency.table_name,
            APPROVALS: self.storage.approvals.table_name,
            PAYLOADS: self.storage.payloads.bucket_name,
            TIMERS: self.timing.queue.queue_url,
            EGRESS: options.egress_allow,
            RETENTION: options.retention,
        }

    def _serve(self, *, is_open: bool) -> None:
        Api(
            self,
            "Api",
            routes=ROUTES,
            functions={
                "flows": self.flows,
                "executions": self.executions,
                "approvals": self.approvals,
                "plugins": self.plugins,
                "health": self.health,
            },
            is_open=is_open,
        )

    def _function(
        self, name: str, *variables: str, seconds: int = 29, memory_mb: int = 512
    ) -> PlatformFunction:
        """A function as large as one of the API needs, unless it says otherwise."""
        return PlatformFunction(
            self,
            name,
            runtime=self._runtime,
            environment={variable: self._values[variable] for variable in variables},
            size=Size(Duration.seconds(seconds), memory_mb),
        )

    def _grant(self) -> None:
        self._grant_flows()
        self._grant_executions()
        self._grant_approvals()
        self._grant_runner()
        self._grant_timers()
        self._grant_reconcile()
        self._grant_answers()
        self.health.may("dynamodb:GetItem", on=self.storage.flows.table_arn)
        self.orchestration.may_invoke(self.runner)

    def _grant_flows(self) -> None:
        self.flows.may(
            "dynamodb:BatchGetItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            on=self.storage.flows.table_arn,
        )
        # Deleting a flow puts and starts the execution that cancels those of the flow.
        self.flows.may("dynamodb:Query", on=self.storage.index_arn("open"))
        self.flows.may("dynamodb:PutItem", on=self.storage.executions.table_arn)
        self.flows.may("states:StartExecution", on=self.orchestration.machine.state_machine_arn)

    def _grant_executions(self) -> None:
        self.executions.may("dynamodb:GetItem", on=self.storage.flows.table_arn)
        self.executions.may(
            "dynamodb:BatchGetItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            on=self.storage.executions.table_arn,
        )
        for index in ("recent", "by-flow", "by-correlation"):
            self.executions.may("dynamodb:Query", on=self.storage.index_arn(index))
        self.executions.may(
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            on=self.storage.idempotency.table_arn,
        )
        self.executions.may(
            "states:SendTaskSuccess",
            "states:StartExecution",
            on=self.orchestration.machine.state_machine_arn,
        )
        self.executions.may("states:StopExecution", on=self.orchestration.executions_arn)

        for kind in ("executions", "results"):
            self.executions.may("s3:GetObject", on=self.storage.objects_arn(kind))
            self.executions.may("s3:PutObject", on=self.storage.objects_arn(kind))

    def _grant_approvals(self) -> None:
        approvals = self.storage.approvals.table_arn
        self.approvals.may(
            "dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem", on=approvals
        )
        self.approvals.may("dynamodb:Query", on=f"{approvals}/index/recent")
        self.approvals.may("dynamodb:UpdateItem", on=self.storage.executions.table_arn)
        self.approvals.may(
            "states:SendTaskSuccess", on=self.orchestration.machine.state_machine_arn
        )

    def _grant_answers(self) -> None:
        """A key is claimed by a put, its answer an update; a refusal deletes it."""
        for function in (self.flows, self.executions, self.approvals):
            function.may(
                "dynamodb:DeleteItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                on=self.storage.idempotency.table_arn,
            )

    def _grant_runner(self) -> None:
        self.runner.may("dynamodb:GetItem", on=self.storage.flows.table_arn)
        # Batches and indexes are for bulk operations: they choose, cancel and retry as it does.
        self.runner.may(
            "dynamodb:BatchGetItem",
            "dynamodb:BatchWriteItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            on=self.storage.executions.table_arn,
        )
        for index in ("open", "recent", "by-flow", "by-correlation"):
            self.runner.may("dynamodb:Query", on=self.storage.index_arn(index))
        self.runner.may(
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            on=self.storage.idempotency.table_arn,
        )
        self.runner.may(
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            on=self.storage.approvals.table_arn,
        )
        self.runner.may_back(
            "states:SendTaskSuccess",
            "states:StartExecution",
            on=self.orchestration.machine.state_machine_arn,
        )
        self.runner.may_back("states:StopExecution", on=self.orchestration.executions_arn)
        self.runner.may(
            "s3:GetObject",
            "s3:PutObject",
            "s3:PutObjectTagging",
            on=self.storage.objects_arn("executions"),
        )

    def _grant_timers(self) -> None:
        self.runner.may("sqs:SendMessage", on=self.timing.queue.queue_arn)
        self.timers.may(
            "dynamodb:GetItem", "dynamodb:UpdateItem", on=self.storage.executions.table_arn
        )
        self.timers.may("states:SendTaskSuccess", on=self.orchestration.machine.state_machine_arn)

    def _grant_reconcile(self) -> None:
        self.reconcile.may("dynamodb:Query", on=self.storage.index_arn("open"))
        self.reconcile.may(
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            on=self.storage.executions.table_arn,
        )
        self.reconcile.may(
            "states:SendTaskSuccess",
            "states:StartExecution",
            on=self.orchestration.machine.state_machine_arn,
        )
        self.reconcile.may(
            "states:DescribeExecution",
            "states:StopExecution",
            on=self.orchestration.executions_arn,
        )
