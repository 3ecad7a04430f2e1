"""The synthesised template, as tests read it: resources by type, and references resolved."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from infra.synthesis import TEMPLATE, assemblies, without_dependencies

ACCOUNT = "123456789012"
REGION = "us-east-1"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "Headrace",
    "AWS::URLSuffix": "amazonaws.com",
}
# How the ARN of each kind of resource is made from its name.
ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    # An id of a key has 36 characters; moto counts on it.
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{:/<36}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::Cognito::UserPool": f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{{}}",
    "AWS::Events::Rule": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{}}",
}
VARIANTS: list[dict[str, str]] = [
    {"target": "local"},
    {"target": "aws"},
    {"target": "aws", "stage": "prod"},
    {"target": "local", "auth": "off"},
    {
        "target": "local",
        "egress_allow": "127.0.0.1",
        "egress_deny": "127.0.0.1:8080,127.0.0.1:4566",
        "retention": "billing=365d,*=90d",
    },
]
REF_IS_ARN = {"AWS::StepFunctions::StateMachine", "AWS::Lambda::LayerVersion"}


class Template:
    """One template; a resource's name is its logical id, since ours have no physical names."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.resources: dict[str, Any] = json.loads(text)["Resources"]

    def of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Logical id and properties of each resource of this type."""
        for name, resource in self.resources.items():
            if resource["Type"] == kind:
                yield name, resource.get("Properties", {})

    def arn(self, name: str) -> str:
        """The ARN that the resource with this logical id would have."""
        return ARNS.get(self.resources[name]["Type"], "arn:aws:unknown:::{}").format(name)

    def resolve(self, value: Any) -> Any:
        """The value with every reference and function of CloudFormation worked out."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            if function in FUNCTIONS:
                return FUNCTIONS[function](self, argument)
        return {key: self.resolve(item) for key, item in value.items()}

    def _ref(self, name: str) -> str:
        if name in PSEUDO:
            return PSEUDO[name]
        if self.resources[name]["Type"] == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
        return self.arn(name) if self.resources[name]["Type"] in REF_IS_ARN else name

    def _attribute(self, argument: list[str]) -> str:
        name, attribute = argument
        return self.arn(name) if attribute == "Arn" else name

    def _join(self, argument: list[Any]) -> str:
        separator, parts = argument
        return str(separator).join(self.resolve(part) for part in parts)

    def _sub(self, argument: str) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda found: self._ref(found[1]), argument)


FUNCTIONS: Mapping[str, Callable[[Template, Any], str]] = {
    "Ref": Template._ref,
    "Fn::GetAtt": Template._attribute,
    "Fn::Join": Template._join,
    "Fn::Sub": Template._sub,
}


@cache
def synthesised(**parameters: str) -> Template:
    """The template for these parameters: from disk, unless a source has changed."""
    return Template((directory(**parameters) / TEMPLATE).read_text("utf-8"))


def directory(**parameters: str) -> Path:
    """The whole assembly, with a placeholder where the dependencies would be: no network.

    The variants that tests ask for are made together, in one process.
    """
    layer = str(without_dependencies())
    wanted = [parameters, *(variant for variant in VARIANTS if variant != parameters)]
    return assemblies(*({**each, "layer": layer} for each in wanted))[0]
