"""The HTTP API: which route reaches which function, who may call it, how often, what is noted."""

import json
from collections.abc import Mapping

from aws_cdk import ArnFormat, Aws, CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.function import PlatformFunction
from infra.declarations import construct_id
from infra.routes import DEFAULT_ROUTE

RATE = 500
"""Requests a second, by the stage's default; who calls faster is answered 429. AWS promises no more
than to aim at it."""
BURST = 1000
ACCESS = {
    "requestId": "$context.requestId",
    "functionRequestId": "$context.integration.requestId",
    "time": "$context.requestTime",
    "caller": "$context.identity.userArn",
    "sourceIp": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "error": "$context.error.message",
}
"""A line of the access log: the route, but neither path nor query, which hold what callers sent.

`functionRequestId` is the `function_request_id` of the function's own lines.
"""


class Api(Construct):
    """The explicit routes, and `$default`, so that 404 and 405 are answered by us in our own shape.

    One permission per function, not per route: a stack holds 500 resources. Its source ends in
    `/*`, which also covers `$default`, whose ARN has a segment less than a route's.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        routes: Mapping[str, tuple[str, ...]],
        functions: Mapping[str, PlatformFunction],
        is_open: bool,
    ) -> None:
        super().__init__(scope, name)
        self._authorization = "NONE" if is_open else "AWS_IAM"
        self.api = apigateway.CfnApi(self, "Api", name="headrace", protocol_type="HTTP")
        self._stage = apigateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.ref,
            stage_name=DEFAULT_ROUTE,
            auto_deploy=True,
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=RATE, throttling_burst_limit=BURST
            ),
        )
        for resource, keys in routes.items():
            self._serve(resource, keys, functions[resource])
        CfnOutput(self, "ApiUrl", value=self.api.attr_api_endpoint)
        CfnOutput(self, "ApiId", value=self.api.ref)

    def note_calls(self, retention: logs.RetentionDays) -> None:
        """Write a line for each request into a log group that keeps it for so long.

        Deliveries to groups of other names are each listed in one policy of the account, of 5,120
        characters: where it is full, the stage cannot be made.
        """
        log = logs.LogGroup(
            self,
            "Access",
            log_group_name=f"/aws/vendedlogs/{Aws.STACK_NAME}/requests",
            retention=retention,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._stage.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=json.dumps(ACCESS)
        )

    def _serve(self, resource: str, keys: tuple[str, ...], function: PlatformFunction) -> None:
        integration = apigateway.CfnIntegration(
            self,
            f"{construct_id(resource)}Integration",
            api_id=self.api.ref,
            integration_type="AWS_PROXY",
            integration_uri=function.function.function_arn,
            payload_format_version="2.0",
            timeout_in_millis=29_000,
        )
        for key in keys:
            apigateway.CfnRoute(
                self,
                key,
                api_id=self.api.ref,
                route_key=key,
                authorization_type=self._authorization,
                target=f"integrations/{integration.ref}",
            )
        function.function.add_permission(
            "FromApi",
            principal=iam.ServicePrincipal("apigateway.amazonaws.com"),
            source_arn=Stack.of(self).format_arn(
                service="execute-api",
                resource=self.api.ref,
                resource_name="*",
                arn_format=ArnFormat.SLASH_RESOURCE_NAME,
            ),
        )
