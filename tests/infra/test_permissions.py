"""What roles may do, as the template has it, and as the documents show it."""

from pathlib import Path

from infra.guide import with_permissions
from infra.permissions import permissions_of, short
from tests.support.template import synthesised

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
EXECUTIONS = {"Fn::GetAtt": ["StorageExecutionsTableA638AC42", "Arn"]}


def test_a_resource_is_named_without_concern_and_hash() -> None:
    machine = ["arn:aws:states:::execution:", {"Ref": "OrchestrationOneSegment45FB3CBD"}, ":*"]

    assert short(EXECUTIONS) == "ExecutionsTable"
    assert short({"Fn::Join": ["", [EXECUTIONS, "/index/open"]]}) == "ExecutionsTable/index/open"
    assert short({"Fn::Join": ["", machine]}) == "OneSegment:*"


def test_policies_of_one_role_are_put_together() -> None:
    def policy(action: str | list[str]) -> dict[str, object]:
        statement = {"Effect": "Allow", "Action": action, "Resource": EXECUTIONS}
        properties = {
            "Roles": [{"Ref": "RunnerRole01234567"}],
            "PolicyDocument": {"Statement": [statement]},
        }
        return {"Type": "AWS::IAM::Policy", "Properties": properties}

    found = permissions_of(
        {"a": policy("dynamodb:PutItem"), "b": policy(["dynamodb:GetItem", "logs:PutLogEvents"])}
    )

    assert found == {
        "RunnerRole": {
            "dynamodb:GetItem": {"ExecutionsTable"},
            "dynamodb:PutItem": {"ExecutionsTable"},
        }
    }


def test_the_page_of_permissions_is_that_of_the_template() -> None:
    page = PAGE.read_text("utf-8")

    assert "| `Kv` | `KvTable` | dynamodb:DeleteItem, dynamodb:GetItem," in page
    assert with_permissions(page, synthesised(target="aws").resources) == page, "run make fmt"
