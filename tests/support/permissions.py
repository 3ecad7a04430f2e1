"""IAM for tests: each function may do on moto what its role in the template allows, and no more."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from moto.s3.models import s3_backends

from infra.permissions import listed
from tests.support.template import ACCOUNT, Template

IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
READS_OF_OBJECTS = {"S3.GetObject", "S3.CopyObject", "S3.PutObjectTagging"}
COGNITO = "Cognito Identity Provider"
BY_TOKEN = {"GetUser", "RevokeToken"}
"""Calls that are not signed, and ask for no grant."""
PREFIX = "s3:prefix"
CONTEXT = "kms:EncryptionContext:"
NO_CONTEXT: Mapping[str, str] = {}
Needed = tuple[str, str]
"""An action and the ARN it is for."""


class Allowed(NamedTuple):
    """What a statement allows: an action on ARNs like this, if each condition's key is so too."""

    action: str
    arn: str
    conditions: Mapping[str, str | list[str]]

    def allows(self, needed: Needed, context: Mapping[str, str]) -> bool:
        action, arn = needed
        return (
            action == self.action
            and fnmatchcase(arn, self.arn)
            and all(
                any(fnmatchcase(context.get(key, ""), pattern) for pattern in listed(patterns))
                for key, patterns in self.conditions.items()
            )
        )


class Permissions:
    """What the roles of one template allow."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._allowed = {
            properties["Handler"].split(".")[1]: list(_allowed(template, properties["Role"]))
            for _, properties in template.of_type("AWS::Lambda::Function")
        }

    def check(self, function: str, operation: str, parameters: dict[str, Any]) -> None:
        """Raise AWS's AccessDeniedException unless the function's role allows the call."""
        if function not in self._allowed:
            return  # the test itself
        context = {
            f"{CONTEXT}{name}": value
            for name, value in parameters.get("EncryptionContext", {}).items()
        }
        for needed in self._needed(operation, parameters):
            if not self._may(function, needed, context):
                action, arn = needed
                message = f"the role of {function} does not allow {action} on {arn}"
                raise ClientError(
                    {"Error": {"Code": "AccessDeniedException", "Message": message}}, operation
                )
        if operation in READS_OF_OBJECTS:
            self._check_object(function, operation, parameters.get("CopySource", parameters))

    def _check_object(self, function: str, operation: str, place: Mapping[str, Any]) -> None:
        """Answer 403 for an object that is not there to a role that may not know what is there."""
        bucket, key = place["Bucket"], place["Key"]
        needed = ("s3:ListBucket", self._template.arn(bucket))
        # S3 asks as for a list of what begins with the key.
        if not _has_object(bucket, key) and not self._may(function, needed, {PREFIX: key}):
            answer: Any = {
                "Error": {"Code": "AccessDenied", "Message": "Access Denied"},
                "ResponseMetadata": {"HTTPStatusCode": 403},
            }
            raise ClientError(answer, operation.partition(".")[2])

    def _may(self, function: str, needed: Needed, context: Mapping[str, str] = NO_CONTEXT) -> bool:
        return any(allowed.allows(needed, context) for allowed in self._allowed[function])

    def _needed(self, operation: str, parameters: dict[str, Any]) -> Iterator[Needed]:
        service, _, name = operation.partition(".")
        if service == "SFN":
            arn = parameters.get("executionArn") or parameters.get("stateMachineArn")
            yield f"states:{name}", arn or self._machine_of_token()
        elif service == "S3":
            bucket = self._template.arn(parameters["Bucket"])
            if "CopySource" in parameters:
                yield "s3:GetObject", f"{bucket}/{parameters['CopySource']['Key']}"
                name = "PutObject"
            yield f"s3:{name}", f"{bucket}/{parameters['Key']}"
        elif service == "KMS":
            yield f"kms:{name}", parameters["KeyId"]
        elif service == "SQS":
            queue = parameters["QueueUrl"].rpartition("/")[2]
            yield f"sqs:{name}", self._template.arn(queue)
        elif service == COGNITO:
            [(pool, _)] = self._template.of_type("AWS::Cognito::UserPool")
            if name not in BY_TOKEN:
                yield f"cognito-idp:{name}", self._template.arn(pool)
        else:
            yield from self._needed_of_tables(service, name, parameters)

    def _needed_of_tables(
        self, service: str, name: str, parameters: dict[str, Any]
    ) -> Iterator[Needed]:
        if "TransactItems" in parameters:
            for item in parameters["TransactItems"]:
                [(kind, request)] = item.items()
                yield f"dynamodb:{IN_TRANSACTIONS[kind]}", self._table(request)
        elif "RequestItems" in parameters:
            for table in parameters["RequestItems"]:
                yield f"dynamodb:{name}", self._table({"TableName": table})
        else:
            yield f"{service.lower()}:{name}", self._table(parameters)

    def _machine_of_token(self) -> str:
        """A task token carries its machine; there is only one here."""
        [(name, _)] = self._template.of_type("AWS::StepFunctions::StateMachine")
        return self._template.arn(name)

    def _table(self, request: dict[str, Any]) -> str:
        arn = self._template.arn(request["TableName"])
        return f"{arn}/index/{request['IndexName']}" if "IndexName" in request else arn


def _has_object(bucket: str, key: str) -> bool:
    buckets = s3_backends[ACCOUNT]["aws"].buckets
    return bucket in buckets and buckets[bucket].keys.get(key) is not None


def _allowed(template: Template, role: Any) -> Iterator[Allowed]:
    arn = template.resolve(role)
    for _, properties in template.of_type("AWS::IAM::Policy"):
        if arn not in [template.arn(name) for name in template.resolve(properties["Roles"])]:
            continue
        for statement in template.resolve(properties["PolicyDocument"])["Statement"]:
            conditions = dict(statement.get("Condition", {}))
            likenesses = {**conditions.pop("StringLike", {}), **conditions.pop("StringEquals", {})}
            assert not conditions, "these tests know no condition but these"
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield Allowed(action, resource, likenesses)
