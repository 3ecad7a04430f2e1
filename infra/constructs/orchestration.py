"""The state machines of Step Functions, the sweep of each minute, and hints of ended runs."""

from pathlib import Path

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.function import PlatformFunction

ONE_SEGMENT = Path(__file__).parents[1] / "machines" / "one_segment.asl.json"


class Orchestration(Construct):
    """The machine of the one-segment shape, which calls the runner and waits.

    It logs nothing to CloudWatch: status and logs are read from the tables, and log delivery would
    need actions on every resource of the account.
    """

    def __init__(self, scope: Construct, name: str, *, runner: PlatformFunction) -> None:
        super().__init__(scope, name)
        self.machine = sfn.StateMachine(
            self,
            "OneSegment",
            definition_body=sfn.DefinitionBody.from_string(ONE_SEGMENT.read_text("utf-8")),
            definition_substitutions={"RunnerArn": runner.function.function_arn},
            state_machine_type=sfn.StateMachineType.STANDARD,
        )

    def may_invoke(self, function: PlatformFunction) -> None:
        """Allow the machine to call this function, and none of its versions."""
        iam.Grant.add_to_principal(
            grantee=self.machine.role,
            actions=["lambda:InvokeFunction"],
            resource_arns=[function.function.function_arn],
        )

    @property
    def executions_arn(self) -> str:
        """Every run of the machine, for actions on runs."""
        return Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{self.machine.state_machine_name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def reconciled_by(self, function: PlatformFunction) -> None:
        """Call `function` each minute, and when a run ends otherwise than by its own word.

        Each call is made once and is of no use after a minute: the next sweep sees all that is
        there. Tried again and kept for hours, as is usual, calls would pile up behind a throttle.
        """
        function.function.configure_async_invoke(
            retry_attempts=0, max_event_age=Duration.minutes(1)
        )
        target = targets.LambdaFunction(function.function)
        events.Rule(
            self,
            "EachMinute",
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[target],
        )
        events.Rule(
            self,
            "RunEnded",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [self.machine.state_machine_arn],
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                },
            ),
            targets=[target],
        )
