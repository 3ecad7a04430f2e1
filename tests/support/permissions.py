"""IAM for tests: each function may do on moto what its role in the template allows, and no more."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError

from tests.support.template import Template

IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
Needed = tuple[str, str]
"""An action and the ARN it is for."""


class Permissions:
    """What the roles of one template allow."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._allowed = {
            properties["Handler"].split(".")[1]: set(_allowed(template, properties["Role"]))
            for _, properties in template.of_type("AWS::Lambda::Function")
        }

    def check(self, function: str, operation: str, parameters: dict[str, Any]) -> None:
        """Raise AWS's AccessDeniedException unless the function's role allows the call."""
        if function not in self._allowed:
            return  # the test itself
        for action, arn in self._needed(operation, parameters):
            if not any(
                action == allowed and fnmatchcase(arn, pattern)
                for allowed, pattern in self._allowed[function]
            ):
                message = f"the role of {function} does not allow {action} on {arn}"
                raise ClientError(
                    {"Error": {"Code": "AccessDeniedException", "Message": message}}, operation
                )

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
        elif service == "SQS":
            queue = parameters["QueueUrl"].rpartition("/")[2]
            yield f"sqs:{name}", self._template.arn(queue)
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


def _allowed(template: Template, role: Any) -> Iterator[Needed]:
    arn = template.resolve(role)
    for _, properties in template.of_type("AWS::IAM::Policy"):
        if arn not in [template.arn(name) for name in template.resolve(properties["Roles"])]:
            continue
        for statement in template.resolve(properties["PolicyDocument"])["Statement"]:
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    yield action, resource


def listed(value: str | list[str]) -> list[str]:
    """IAM writes a list of one as the one."""
    return [value] if isinstance(value, str) else value
