"""The HTTP API: which route reaches which function, who may call it, how often, what is noted."""

import json
from collections.abc import Collection, Mapping
from typing import NamedTuple

from aws_cdk import ArnFormat, Aws, CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.function import PlatformFunction
from infra.constructs.identity import Identity
from infra.declarations import construct_id
from infra.routes import DEFAULT_ROUTE
from infra.throttles import Rates

ACCESS = {
    "requestId": "$context.requestId",
    "functionRequestId": "$context.integration.requestId",
    "time": "$context.requestTime",
    "caller": "$context.authorizer.claims.username",
    "sourceIp": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "error": "$context.error.message",
}
"""A line of the access log: the route, but neither path nor query, which hold what callers sent.

Of a token it has the name that the token was made for, and nothing of the token itself.

`functionRequestId` is the `function_request_id` of the function's own lines.
"""


class Served(NamedTuple):
    """The routes by function, those of them that take no token, and the functions themselves."""

    routes: Mapping[str, tuple[str, ...]]
    open_routes: Collection[str]
    functions: Mapping[str, PlatformFunction]


class Api(Construct):
    """The explicit routes, and `$default`, so that 404 and 405 are answered by us in our own shape.

    Who calls a route needs a token of the pool, unless the route is one of the open ones.

    One permission per function, not per route: a stack holds 500 resources. Its source ends in
    `/*`, which also covers `$default`, whose ARN has a segment less than a route's.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        serves: Served,
        identity: Identity,
        rates: Rates,
    ) -> None:
        super().__init__(scope, name)
        self._open = serves.open_routes
        self.api = apigateway.CfnApi(self, "Api", name="headrace", protocol_type="HTTP")
        self._authorizer = self._authorizer_of(identity)
        routes = [
            route
            for resource, keys in serves.routes.items()
            for route in self._serve(resource, keys, serves.functions[resource])
        ]
        self._stage = self._stage_of(routes, rates)
        CfnOutput(self, "ApiUrl", value=self.api.attr_api_endpoint)
        CfnOutput(self, "ApiId", value=self.api.ref)

    def _authorizer_of(self, identity: Identity) -> apigateway.CfnAuthorizer:
        return apigateway.CfnAuthorizer(
            self,
            "Tokens",
            api_id=self.api.ref,
            name="tokens",
            authorizer_type="JWT",
            identity_source=["$request.header.Authorization"],
            jwt_configuration=apigateway.CfnAuthorizer.JWTConfigurationProperty(
                issuer=identity.issuer, audience=[identity.audience]
            ),
        )

    def _stage_of(self, routes: list[apigateway.CfnRoute], rates: Rates) -> apigateway.CfnStage:
        """Make the stage; after its routes, for settings of a route that is not there fail."""
        stage = apigateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.ref,
            stage_name=DEFAULT_ROUTE,
            auto_deploy=True,
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=rates.rest, throttling_burst_limit=2 * rates.rest
            ),
            route_settings={
                route: {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": 2 * rate}
                for route, rate in rates.of([each.route_key for each in routes]).items()
            },
        )
        for each in routes:
            if each.route_key in stage.route_settings:
                stage.add_dependency(each)
        return stage

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

    def _serve(
        self, resource: str, keys: tuple[str, ...], function: PlatformFunction
    ) -> list[apigateway.CfnRoute]:
        integration = apigateway.CfnIntegration(
            self,
            f"{construct_id(resource)}Integration",
            api_id=self.api.ref,
            integration_type="AWS_PROXY",
            integration_uri=function.function.function_arn,
            payload_format_version="2.0",
            timeout_in_millis=29_000,
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
        return [self._route(key, f"integrations/{integration.ref}") for key in keys]

    def _route(self, key: str, target: str) -> apigateway.CfnRoute:
        is_open = key in self._open
        return apigateway.CfnRoute(
            self,
            key,
            api_id=self.api.ref,
            route_key=key,
            authorization_type="NONE" if is_open else "JWT",
            authorizer_id=None if is_open else self._authorizer.ref,
            target=target,
        )
