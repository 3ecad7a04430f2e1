"""The rights of the role of each function, read from the synthesised template.

The table in `docs/permissions.md` is made of it, so that it cannot say other than what is deployed.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

LOGS: Final = frozenset({"logs:CreateLogStream", "logs:PutLogEvents"})
"""Actions that every function has, on its own log."""

# A logical id: the concern it belongs to, its name, the hash that CDK adds; then what is below it.
_LOGICAL_ID: Final = re.compile(
    r"(?:Storage|Timing|Orchestration|Identity)?([A-Z]\w*?)[0-9A-F]{8}((?:[:/].*)?)$"
)
_ROLE: Final = re.compile(r"(.+)[0-9A-F]{8}")

Permissions = Mapping[str, Mapping[str, set[str]]]
"""By role, by action: the short names of resources (`FlowsTable/index/open`)."""


def permissions_of(resources: Mapping[str, Any]) -> Permissions:
    """Return what the roles in a template's resources may do beside writing their logs."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for policy in _of_type(resources, "AWS::IAM::Policy"):
        roles = [role["Ref"] for role in policy["Roles"]]
        for statement in policy["PolicyDocument"]["Statement"]:
            for role in roles:
                _add(found[_ROLE.sub(r"\1", role)], statement)
    return found


def _add(found: dict[str, set[str]], statement: Mapping[str, Any]) -> None:
    for action in listed(statement["Action"]):
        if action not in LOGS:
            found[action].update(short(each) for each in listed(statement["Resource"]))


def short(resource: Any) -> str:
    """Return the name of a policy's resource, and what is below it: `FlowsTable/index/open`."""
    text = _text(resource)
    found = _LOGICAL_ID.search(text)
    return (found[1] + found[2]).rstrip("/") if found else text


def _text(value: Any) -> str:
    match value:
        case {"Fn::GetAtt": [name, _]} | {"Ref": name}:
            return f"{name}"
        case {"Fn::Join": [separator, parts]}:
            return f"{separator}".join(map(_text, parts))
        case _:
            return f"{value}"


def _of_type(resources: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    return (each["Properties"] for each in resources.values() if each["Type"] == kind)


def listed(value: Any) -> list[Any]:
    """Return a list, which IAM writes as the one where it has one."""
    return value if isinstance(value, list) else [value]
