"""Every statement of the template against AWS's own list: actions exist, and take such resources.

The list is an extract of the service authorization reference: the actions that are used here, and
those that are likely to be next. An action that is missing is looked up there and added.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.permissions import listed
from tests.support.template import Template, synthesised

EXTRACT = Path(__file__).with_name("service_authorization.json")
FORMS: dict[str, list[str]] = json.loads(EXTRACT.read_text("utf-8"))["actions"]
ALL_STREAMS = "the log group's ARN ends in :*, which covers its streams"
EXCEPTIONS = {
    "logs:CreateLogStream": ALL_STREAMS,
    "logs:PutLogEvents": ALL_STREAMS,
    "states:SendTaskSuccess": "said to take only *; AWS checks it against the machine of the token",
}
"""Actions that are allowed on what is no form of theirs, with the reason."""
VARIANTS: list[dict[str, str]] = [
    {"target": "local"},
    {"target": "aws"},
    {"target": "aws", "stage": "prod"},
]
Grant = tuple[str, str]
"""An action and the ARN that it is allowed on."""


def statements(template: Template, part: Any) -> Iterator[dict[str, Any]]:
    """Every statement below a part of the template, of roles, buckets and queues."""
    if isinstance(part, list):
        for each in part:
            yield from statements(template, each)
    elif isinstance(part, dict):
        if {"Effect", "Action"} <= part.keys():
            yield template.resolve(part)
        for name, each in part.items():
            if name != "KeyPolicy":  # it leaves all to the account's roles, whose grants are here
                yield from statements(template, each)


def grants(template: Template) -> Iterator[Grant]:
    """What is allowed; who may take a role on has no resource, and a refusal may be as wide as it
    likes."""
    for statement in statements(template, template.resources):
        if statement["Effect"] == "Allow":
            for action in listed(statement["Action"]):
                for arn in listed(statement.get("Resource", [])):
                    yield action, arn


def fits(arn: str, form: str) -> bool:
    """Tell whether an ARN has this form; names of objects hold slashes, other names do not."""
    parts = re.split(r"(\$\{\w+\})", form)
    held = {"${ObjectName}": ".+"}
    pattern = "".join(
        held.get(part, "[^:/]+") if part.startswith("${") else re.escape(part) for part in parts
    )
    return re.fullmatch(pattern, arn) is not None


def misfits(template: Template) -> set[str]:
    """The actions that are allowed on something that they do not take."""
    return {
        action
        for action, arn in grants(template)
        if not any(fits(arn.rstrip("/"), form) for form in FORMS[action] or ["*"])
    }


@pytest.mark.parametrize("parameters", VARIANTS, ids=str)
def test_every_action_exists(parameters: dict[str, str]):
    template = synthesised(**parameters)
    named = {
        action
        for statement in statements(template, template.resources)
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
    }

    assert named
    assert named - FORMS.keys() == set()


@pytest.mark.parametrize("parameters", VARIANTS, ids=str)
def test_every_action_is_allowed_on_what_it_takes(parameters: dict[str, str]):
    assert misfits(synthesised(**parameters)) == EXCEPTIONS.keys()


@pytest.mark.parametrize(
    ("arn", "action", "expected"),
    [
        ("arn:aws:s3:::bucket/executions/*", "s3:GetObject", True),
        ("arn:aws:s3:::bucket", "s3:GetObject", False),
        ("arn:aws:s3:::bucket/*", "s3:ListBucket", False),
        ("arn:aws:s3:::bucket", "s3:ListBucket", True),
        ("arn:aws:dynamodb:eu-west-1:1:table/T/index/recent", "dynamodb:Query", True),
        ("arn:aws:dynamodb:eu-west-1:1:table/T/index/recent", "dynamodb:GetItem", False),
        ("arn:aws:states:eu-west-1:1:stateMachine:M", "states:StopExecution", False),
        ("arn:aws:states:eu-west-1:1:execution:M:*", "states:StopExecution", True),
    ],
)
def test_a_resource_of_another_kind_is_found(arn: str, action: str, *, expected: bool):
    assert any(fits(arn, form) for form in FORMS[action]) is expected
