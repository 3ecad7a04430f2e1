"""One Lambda function of the product: its code, its log group, its role, and what it may do."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aws_cdk import AssetHashType, Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.bundling import Assets
from infra.declarations import construct_id
from infra.options import Options

SWEEP = Duration.minutes(5)


class Runtime(Construct):
    """The parts that all functions share: one asset of our code, one layer of dependencies."""

    def __init__(self, scope: Construct, name: str, *, options: Options, assets: Assets) -> None:
        super().__init__(scope, name)
        self.code = _asset(assets.code)
        self.python = lambda_.Runtime(f"python{options.python}", lambda_.RuntimeFamily.PYTHON)
        self.architecture = lambda_.Architecture.custom(options.architecture)
        self.retention = (
            logs.RetentionDays.THREE_MONTHS
            if options.is_production
            else logs.RetentionDays.ONE_WEEK
        )
        self.layer = lambda_.LayerVersion(
            self,
            "Dependencies",
            code=_asset(assets.layer),
            compatible_runtimes=[self.python],
        )


def _asset(folder: Path) -> lambda_.AssetCode:
    return lambda_.Code.from_asset(
        str(folder), asset_hash=folder.name, asset_hash_type=AssetHashType.CUSTOM
    )


class Size(NamedTuple):
    """The time limit of a function, its memory (1769 MB is a processor), how many run at once.

    Without `reserved` as many run as the account allows.
    """

    timeout: Duration
    memory_mb: int
    reserved: int | None = None


class PlatformFunction(Construct):
    """The function of `functions/<package>`: a role and a log group of its own.

    It may write its log and nothing else, until `may` says so.
    """

    def __init__(
        self,
        scope: Construct,
        package: str,
        *,
        runtime: Runtime,
        environment: dict[str, str],
        size: Size,
    ) -> None:
        super().__init__(scope, construct_id(package))
        log = logs.LogGroup(
            self, "Log", retention=runtime.retention, removal_policy=RemovalPolicy.DESTROY
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.function = lambda_.Function(
            self,
            "Function",
            code=runtime.code,
            handler=f"functions.{package}.handler.lambda_handler",
            runtime=runtime.python,
            architecture=runtime.architecture,
            layers=[runtime.layer],
            role=self.role,
            log_group=log,
            timeout=size.timeout,
            memory_size=size.memory_mb,
            reserved_concurrent_executions=size.reserved,
            environment={
                "POWERTOOLS_SERVICE_NAME": package,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **environment,
            },
        )
        self.may("logs:CreateLogStream", "logs:PutLogEvents", on=log.log_group_arn)

    def may(self, *actions: str, on: str) -> None:
        """Allow the named actions on one ARN."""
        iam.Grant.add_to_principal(grantee=self.role, actions=list(actions), resource_arns=[on])

    def may_if(
        self, conditions: Mapping[str, Mapping[str, str]] | None, *actions: str, on: str
    ) -> None:
        """Allow actions on one ARN as `may` does, where the conditions of IAM hold."""
        iam.Grant.add_to_principal(
            grantee=self.role,
            actions=list(actions),
            resource_arns=[on],
            conditions={name: dict(each) for name, each in (conditions or {}).items()} or None,
        )

    def may_list(self, prefix: str, *, on: str) -> None:
        """Allow to know which objects of a bucket there are below a prefix.

        Who may not is told of an object that is gone that access to it is denied (403, not 404).
        """
        iam.Grant.add_to_principal(
            grantee=self.role,
            actions=["s3:ListBucket"],
            resource_arns=[on],
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
        )

    def sweeps(self) -> None:
        """Call the function with `{"sweep": true}` each five minutes.

        A call that fails is not repeated: the next one makes it good.
        """
        self.function.configure_async_invoke(retry_attempts=0, max_event_age=SWEEP)
        target = targets.LambdaFunction(
            self.function, event=events.RuleTargetInput.from_object({"sweep": True})
        )
        events.Rule(self, "Sweep", schedule=events.Schedule.rate(SWEEP), targets=[target])

    def may_back(self, *actions: str, on: str) -> None:
        """Allow actions as `may` does, on what itself needs this function first, by its own policy.

        The function waits for its role's policy; one that names the machine that calls the
        function would close a circle.
        """
        iam.Policy(
            Stack.of(self),
            f"{self.node.id}May{actions[0].partition(':')[2]}",
            statements=[iam.PolicyStatement(actions=list(actions), resources=[on])],
            roles=[self.role],
        )
