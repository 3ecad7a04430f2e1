"""What the template promises: who may do what, how data is kept, how the API is closed."""

import importlib
import json
from typing import Any

import pytest

from infra.collection import collected
from infra.declarations import construct_id
from infra.permissions import LOGS, listed, permissions_of, short
from infra.routes import DEFAULT_ROUTE, OPEN_ROUTES, REGISTER, ROUTES
from infra.secret_kinds import SECRET_KINDS, Right
from infra.synthesis import ASSETS
from infra.tables import TABLES
from infra.throttles import DOCUMENTS, STARTS
from tests.infra import permitted
from tests.support.template import ACCOUNT, REGION, Template, directory, synthesised

OF_SECRETS = {right.value for right in Right}
# Statements that name no single resource, with the reason. There are none.
ON_EVERYTHING: dict[str, str] = {}

PERMITTED: dict[str, dict[str, set[str]]] = {
    **{
        f"{construct_id(function)}Role": table
        for function, table in collected(
            permitted.__name__, permitted.__path__, "PERMITTED", dict
        ).items()
    },
    "OrchestrationOneSegmentRole": {"lambda:InvokeFunction": {"RunnerFunction"}},
}
"""Everything each role may do: of a function's in the module `permitted.<function>`."""


@pytest.fixture(scope="session")
def aws() -> Template:
    return synthesised(target="aws")


@pytest.fixture(scope="session")
def production() -> Template:
    return synthesised(target="aws", stage="prod")


def statements(template: Template) -> list[tuple[str, dict[str, Any]]]:
    """(role's logical id, statement) of every policy, references resolved."""
    found = []
    for _, properties in template.of_type("AWS::IAM::Policy"):
        [role] = template.resolve(properties["Roles"])
        document = template.resolve(properties["PolicyDocument"])
        found += [(role, statement) for statement in document["Statement"]]
    return found


def test_every_handler_can_be_imported(aws: Template) -> None:
    for _, properties in aws.of_type("AWS::Lambda::Function"):
        module, _, name = properties["Handler"].rpartition(".")

        assert callable(getattr(importlib.import_module(module), name))


def test_no_statement_allows_by_wildcard_action(aws: Template) -> None:
    actions = [a for _, statement in statements(aws) for a in listed(statement["Action"])]

    assert [action for action in actions if "*" in action] == []


def test_no_statement_reaches_every_resource_without_a_reason(aws: Template) -> None:
    open_ended = {
        action
        for _, statement in statements(aws)
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }

    assert open_ended == set(ON_EVERYTHING)


def test_every_role_may_do_exactly_what_the_table_says(aws: Template) -> None:
    assert all(statement["Effect"] == "Allow" for _, statement in statements(aws))
    permitted = permissions_of(aws.resources)
    assert {role: permitted.get(role, {}) for role in {*PERMITTED, *permitted}} == PERMITTED


def test_a_bucket_may_be_listed_below_a_prefix_only(aws: Template) -> None:
    conditions = {
        action: statement.get("Condition")
        for _, statement in statements(aws)
        for action in listed(statement["Action"])
    }

    conditional = {action for action, found in conditions.items() if found}
    assert conditional == {"s3:ListBucket", *OF_SECRETS}
    assert conditions["s3:ListBucket"] == {"StringLike": {"s3:prefix": "executions/*"}}


def test_each_function_has_rights_to_its_own_kinds_of_secrets_only(aws: Template) -> None:
    granted = {
        (construct_id(kind), role[:-8], action): statement["Condition"]
        for kind in SECRET_KINDS
        for role, statement in statements(aws)
        for action in listed(statement["Action"])
        if action.startswith("kms:")
        and statement["Condition"]["StringEquals"] == {"kms:EncryptionContext:kind": kind}
    }

    assert granted == {
        (construct_id(kind), f"{construct_id(function)}Role", right.value): {
            "StringEquals": {"kms:EncryptionContext:kind": kind}
        }
        for kind, users in SECRET_KINDS.items()
        for function, rights in users.items()
        for right in rights
    }
    assert {action for _, _, action in granted} == OF_SECRETS


def test_no_other_right_to_secrets_is_granted(aws: Template) -> None:
    of_kms = [
        (role, action)
        for role, statement in statements(aws)
        for action in listed(statement["Action"])
        if action.startswith("kms:")
    ]

    assert len(of_kms) == sum(
        len(rights) for users in SECRET_KINDS.values() for rights in users.values()
    )
    for _, properties in aws.of_type("AWS::KMS::Key"):
        [statement] = aws.resolve(properties["KeyPolicy"])["Statement"]
        assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def test_the_local_target_leaves_the_condition_out_that_the_emulator_never_matches() -> None:
    local = synthesised(target="local")

    assert {
        action
        for _, statement in statements(local)
        if "Condition" not in statement
        for action in listed(statement["Action"])
        if action.startswith("kms:")
    } == OF_SECRETS


def test_the_key_of_secrets_is_rotated_and_outlives_the_stack_in_production_only(
    aws: Template, production: Template
) -> None:
    for template, policy in ((aws, "Delete"), (production, "Retain")):
        [key] = [each for each in template.resources.values() if each["Type"] == "AWS::KMS::Key"]
        assert key["DeletionPolicy"] == policy
        assert key["Properties"]["EnableKeyRotation"] is True
        [(_, alias)] = template.of_type("AWS::KMS::Alias")
        assert alias["AliasName"] == "alias/Headrace/secrets"


def test_every_function_writes_its_own_log_and_no_other(aws: Template) -> None:
    logging = {r: s for r, s in statements(aws) if set(listed(s["Action"])) & LOGS}

    for name, properties in aws.of_type("AWS::Lambda::Function"):
        group = aws.resolve(properties["LoggingConfig"]["LogGroup"])
        [policy] = [
            s for role, s in logging.items() if aws.arn(role) == aws.resolve(properties["Role"])
        ]
        assert listed(policy["Resource"]) == [aws.arn(group)], name
        assert aws.resources[group]["Properties"]["RetentionInDays"] in {7, 90}


def test_no_role_is_shared_and_none_has_a_managed_policy(aws: Template) -> None:
    roles = [
        aws.resolve(properties["Role"]) for _, properties in aws.of_type("AWS::Lambda::Function")
    ]

    assert len(roles) == len(set(roles))
    for _, properties in aws.of_type("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in properties


def test_the_api_has_one_permission_per_function_it_reaches(aws: Template) -> None:
    permitted = [
        aws.resolve(properties["FunctionName"])
        for _, properties in aws.of_type("AWS::Lambda::Permission")
        if properties["Principal"] == "apigateway.amazonaws.com"
    ]

    reached = {
        aws.resolve(properties["IntegrationUri"])
        for _, properties in aws.of_type("AWS::ApiGatewayV2::Integration")
    }
    assert sorted(permitted) == sorted(reached)


def authorization(template: Template) -> dict[str, str]:
    """How each route of the API is closed, by its key."""
    return {
        properties["RouteKey"]: properties["AuthorizationType"]
        for _, properties in template.of_type("AWS::ApiGatewayV2::Route")
    }


@pytest.mark.parametrize("target", ["aws", "local"])
def test_each_route_takes_a_token_but_the_open_ones(target: str) -> None:
    closed = authorization(synthesised(target=target))

    assert sorted(closed) == sorted(key for keys in ROUTES.values() for key in keys)
    assert {key for key, how in closed.items() if how == "NONE"} == OPEN_ROUTES
    assert {how for key, how in closed.items() if key not in OPEN_ROUTES} == {"JWT"}
    assert closed[DEFAULT_ROUTE] == "JWT"


def test_all_routes_are_open_where_authorization_is_off() -> None:
    assert set(authorization(synthesised(target="local", auth="off")).values()) == {"NONE"}


def test_bootstrap_opens_one_more_route_and_tells_its_function() -> None:
    template = synthesised(target="aws", bootstrap="open")
    opened = {key for key, how in authorization(template).items() if how == "NONE"}

    assert opened - OPEN_ROUTES == {REGISTER}
    told = {
        properties["Environment"]["Variables"].get("HEADRACE_BOOTSTRAP")
        for _, properties in template.of_type("AWS::Lambda::Function")
    }
    assert told == {None, "open"}


def test_a_token_must_be_of_this_pool_and_made_for_its_client(aws: Template) -> None:
    [(authorizer, properties)] = aws.of_type("AWS::ApiGatewayV2::Authorizer")
    [(pool, _)] = aws.of_type("AWS::Cognito::UserPool")
    [(client, _)] = aws.of_type("AWS::Cognito::UserPoolClient")

    assert properties["AuthorizerType"] == "JWT"
    assert properties["IdentitySource"] == ["$request.header.Authorization"]
    assert aws.resolve(properties["JwtConfiguration"]) == {
        "Issuer": f"https://cognito-idp.{REGION}.amazonaws.com/{pool}",
        "Audience": [client],
    }
    routes = [each for _, each in aws.of_type("AWS::ApiGatewayV2::Route")]
    named = {
        aws.resolve(each["AuthorizerId"]) for each in routes if each["AuthorizationType"] == "JWT"
    }
    assert named == {authorizer}


def test_users_are_made_by_admins_alone_with_passwords_of_twelve_characters(aws: Template) -> None:
    [(_, pool)] = aws.of_type("AWS::Cognito::UserPool")

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["UsernameConfiguration"] == {"CaseSensitive": False}
    policy = pool["Policies"]["PasswordPolicy"]
    assert policy.pop("MinimumLength") == 12
    assert set(policy.values()) == {False}
    assert not {"AutoVerifiedAttributes", "EmailConfiguration", "AliasAttributes"} & set(pool)


def test_the_pool_is_of_the_plan_that_has_what_is_used_and_no_more(aws: Template) -> None:
    [(_, pool)] = aws.of_type("AWS::Cognito::UserPool")

    assert pool["UserPoolTier"] == "LITE"
    of_larger_plans = {"LambdaConfig", "UserPoolAddOns", "EmailAuthenticationMessage"}
    assert not of_larger_plans & set(pool)
    policies = pool["Policies"]
    assert "SignInPolicy" not in policies
    assert "PasswordHistorySize" not in policies["PasswordPolicy"]


def test_tokens_last_an_hour_and_are_made_by_our_functions_alone(aws: Template) -> None:
    [(_, client)] = aws.of_type("AWS::Cognito::UserPoolClient")

    assert (client["AccessTokenValidity"], client["TokenValidityUnits"]["AccessToken"]) == (
        60,
        "minutes",
    )
    assert client["ExplicitAuthFlows"] == [
        "ALLOW_ADMIN_USER_PASSWORD_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
    ]
    assert client["GenerateSecret"] is False
    assert client["EnableTokenRevocation"] is True
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_the_pool_outlives_the_stack_in_production_only(
    aws: Template, production: Template
) -> None:
    def protection(template: Template) -> tuple[str, str]:
        [pool] = [
            each for each in template.resources.values() if each["Type"] == "AWS::Cognito::UserPool"
        ]
        return pool["Properties"]["DeletionProtection"], pool["DeletionPolicy"]

    assert protection(production) == ("ACTIVE", "Retain")
    assert protection(aws) == ("INACTIVE", "Delete")


def limits(template: Template) -> dict[str, tuple[int, int]]:
    """Rate and burst of each route that has its own, and of all others as `rest`."""
    [(_, stage)] = template.of_type("AWS::ApiGatewayV2::Stage")
    settings = {"rest": stage["DefaultRouteSettings"], **stage["RouteSettings"]}
    return {
        route: (each["ThrottlingRateLimit"], each["ThrottlingBurstLimit"])
        for route, each in settings.items()
    }


def test_logins_and_starts_are_throttled_apart_from_the_rest(aws: Template) -> None:
    logins = {key for keys in ROUTES.values() for key in keys if key.startswith("POST /auth/")}

    assert limits(aws) == {
        "rest": (500, 1000),
        **dict.fromkeys(STARTS, (200, 400)),
        **dict.fromkeys(logins, (10, 20)),
        **dict.fromkeys(DOCUMENTS, (20, 40)),
    }


def test_each_open_route_that_is_not_short_is_throttled_apart() -> None:
    """Whoever likes may call them, and the account pays for what they answer."""
    short = {"GET /healthz", "GET /readyz"}

    assert OPEN_ROUTES - short == {*DOCUMENTS, *(each for each in OPEN_ROUTES if "/auth/" in each)}


def test_rates_are_options() -> None:
    chosen = limits(
        synthesised(target="aws", rate="50", rate_login="1", rate_starts="7", rate_documents="2")
    )

    assert chosen["rest"] == (50, 100)
    assert {chosen[route] for route in STARTS} == {(7, 14)}
    assert {chosen[route] for route in DOCUMENTS} == {(2, 4)}
    assert {found for route, found in chosen.items() if "/auth/" in route} <= {(1, 2)}


def test_the_stage_comes_after_the_routes_whose_rates_it_sets(aws: Template) -> None:
    [(stage, properties)] = aws.of_type("AWS::ApiGatewayV2::Stage")
    keys = {name: route["RouteKey"] for name, route in aws.of_type("AWS::ApiGatewayV2::Route")}

    waited_for = {keys[name] for name in aws.resources[stage]["DependsOn"] if name in keys}
    assert waited_for == set(properties["RouteSettings"])


def test_the_stage_notes_each_request_without_what_was_sent(aws: Template) -> None:
    [(_, stage)] = aws.of_type("AWS::ApiGatewayV2::Stage")

    log = aws.resolve(stage["AccessLogSettings"]["DestinationArn"])
    assert short(log).startswith("ApiAccess")
    [group, _] = stage["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"]
    name = aws.resources[group]["Properties"]["LogGroupName"]
    assert aws.resolve(name).startswith("/aws/vendedlogs/")  # others fill a policy of the account
    line = json.loads(stage["AccessLogSettings"]["Format"])
    assert line["caller"] == "$context.authorizer.claims.username"
    assert line["functionRequestId"] == "$context.integration.requestId"
    assert not {"$context.path", "$context.integration.error"} & set(line.values())
    assert not any("query" in value.lower() for value in line.values())
    assert [value for value in line.values() if "authorizer" in value] == [line["caller"]]


def test_queues_are_reached_by_tls_alone(aws: Template):
    queues = {name for name, _ in aws.of_type("AWS::SQS::Queue")}
    policies = [properties for _, properties in aws.of_type("AWS::SQS::QueuePolicy")]

    denied = {
        queue["Ref"]
        for policy in policies
        for queue in policy["Queues"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert queues
    assert denied == queues


def test_turns_leave_the_rest_of_the_account_to_the_api_on_demand():
    def reserved(template: Template) -> dict[str, int | None]:
        return {
            properties["Handler"].split(".")[1]: properties.get("ReservedConcurrentExecutions")
            for _, properties in template.of_type("AWS::Lambda::Function")
        }

    assert set(reserved(synthesised(target="aws")).values()) == {None}
    kept = reserved(synthesised(target="aws", runners="400"))
    assert kept.pop("runner") == 400
    assert set(kept.values()) == {None}


def test_tables_are_encrypted_recoverable_and_streamed(aws: Template) -> None:
    tables = list(aws.of_type("AWS::DynamoDB::Table"))

    assert {short(aws.arn(name)) for name, _ in tables} == {
        f"{construct_id(noun)}Table" for noun in TABLES
    }
    for _, properties in tables:
        assert properties["SSESpecification"] == {"SSEEnabled": True}
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert properties["StreamSpecification"] == {"StreamViewType": "KEYS_ONLY"}
        assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_tables_outlive_the_stack_in_production_only(aws: Template, production: Template) -> None:
    def protection(template: Template) -> set[tuple[bool, str]]:
        return {
            (resource["Properties"]["DeletionProtectionEnabled"], resource["DeletionPolicy"])
            for resource in template.resources.values()
            if resource["Type"] == "AWS::DynamoDB::Table"
        }

    [bucket] = [each for each in production.resources.values() if each["Type"] == "AWS::S3::Bucket"]
    assert bucket["DeletionPolicy"] == "Retain"
    assert protection(production) == {(True, "Retain")}
    assert protection(aws) == {(False, "Delete")}


def test_the_bucket_is_private_encrypted_and_reached_by_tls_alone(aws: Template) -> None:
    [(name, properties)] = aws.of_type("AWS::S3::Bucket")
    [(_, policy)] = aws.of_type("AWS::S3::BucketPolicy")

    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    [rule] = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    [denied] = policy["PolicyDocument"]["Statement"]
    assert denied["Effect"] == "Deny"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert aws.arn(name) in aws.resolve(denied["Resource"])


def test_aws_runs_arm64_under_lambdas_python(aws: Template) -> None:
    for _, properties in aws.of_type("AWS::Lambda::Function"):
        assert properties["Architectures"] == ["arm64"]
        assert properties["Runtime"] == "python3.13"


def test_sizes_are_those_of_the_work(aws: Template) -> None:
    sizes = {
        properties["Handler"].split(".")[1]: (properties["Timeout"], properties["MemorySize"])
        for _, properties in aws.of_type("AWS::Lambda::Function")
    }

    assert sizes["runner"] == (900, 1769)
    assert sizes["executions"] == (29, 1769)
    assert sizes["flows"] == (29, 512)


def test_reconciling_is_scheduled_and_hinted_at(aws: Template) -> None:
    rules = [properties for _, properties in aws.of_type("AWS::Events::Rule")]

    schedules = [rule for rule in rules if "ScheduleExpression" in rule]
    [schedule] = [rule for rule in schedules if "Reconcile" in str(rule["Targets"])]
    [hint] = [rule for rule in rules if "EventPattern" in rule]
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert hint["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert {len(rule["Targets"]) for rule in rules} == {1}


def test_a_look_is_neither_tried_again_nor_kept_beyond_the_next(aws: Template) -> None:
    configs = {
        aws.resolve(config["FunctionName"])[:-8]: config
        for _, config in aws.of_type("AWS::Lambda::EventInvokeConfig")
    }

    for config in configs.values():
        assert (config["Qualifier"], config["MaximumRetryAttempts"]) == ("$LATEST", 0)
    ages = {name: config["MaximumEventAgeInSeconds"] for name, config in configs.items()}
    assert ages == {"ClientsFunction": 300, "ReconcileFunction": 60, "UsersFunction": 300}


@pytest.mark.parametrize("function", ["ClientsFunction", "UsersFunction"])
def test_users_and_clients_are_swept_each_five_minutes(function: str, aws: Template) -> None:
    [rule] = [
        properties
        for _, properties in aws.of_type("AWS::Events::Rule")
        if function in str(properties["Targets"])
    ]

    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    assert [json.loads(target["Input"]) for target in rule["Targets"]] == [{"sweep": True}]


def test_the_stack_stays_far_from_the_limit_of_resources(aws: Template) -> None:
    assert len(aws.resources) <= 450


@pytest.mark.parametrize(("target", "tags"), [("aws", {".cpython-313"}), ("local", set())])
def test_the_code_asset_holds_our_two_packages_and_nothing_of_another_python(
    target: str, tags: set[str]
) -> None:
    assembly = directory(target=target)
    manifest = json.loads((assembly / ASSETS).read_text("utf-8"))
    folders = [
        assembly / asset["source"]["path"]
        for asset in manifest["files"].values()
        if asset["source"]["packaging"] == "zip"
    ]

    [code] = [folder for folder in folders if (folder / "functions").is_dir()]
    assert sorted(path.name for path in code.iterdir()) == ["functions", "shared"]
    assert {path.suffixes[-2] for path in code.rglob("*.pyc")} <= tags
