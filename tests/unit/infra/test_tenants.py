"""The operator's script: a tenant and its first admin, on AWS or on the local stack."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from infra.admins import Login, TenantError, make_tenant
from infra.local.logins import OTHER, Logins
from infra.local.settings import Local
from infra.tenants import main, make_locally, make_on_aws, users_function

ANN = Login("ann", "correct horse")


class Stack:
    """The clients of a stack that has the function of users, or an answer in its place."""

    def __init__(self, **answer: Any) -> None:
        self._answer = answer
        self.asked: list[tuple[str, Any]] = []

    def client(self, _service: str) -> Any:
        return self

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - as boto3 has it
        assert StackName == "Headrace"
        return {
            "Stacks": [{"Outputs": [{"OutputKey": "UsersFunctionName", "OutputValue": "users-1"}]}]
        }

    def invoke(self, FunctionName: str, Payload: str) -> Any:  # noqa: N803
        self.asked.append((FunctionName, json.loads(Payload)))
        is_error = "errorMessage" in self._answer
        error = {"FunctionError": "Unhandled"} if is_error else {}
        return {"Payload": io.BytesIO(json.dumps(self._answer).encode()), **error}


def test_the_function_that_the_stack_names_is_asked() -> None:
    stack = Stack(created=True)

    said = make_on_aws("acme", ANN, stack.client)

    asked = {"tenant": "acme", "admin": {"username": "ann", "password": "correct horse"}}
    assert stack.asked == [("users-1", asked)]
    assert "ann  correct horse" in said


def test_a_tenant_that_is_there_is_left_as_it_is_and_no_password_is_shown(tmp_path: Path) -> None:
    local = Local(home=tmp_path, port=1, emulator_port=2)
    stack = Stack(created=False)

    for said in (
        make_on_aws("acme", ANN, stack.client),
        make_locally("acme", ANN, local, stack.client),
    ):
        assert "nothing was changed" in said
        assert ANN.password not in said
    assert list(tmp_path.iterdir()) == []


def test_the_local_stack_keeps_the_login_of_the_other_tenant(tmp_path: Path) -> None:
    local = Local(home=tmp_path, port=1, emulator_port=2)

    said = make_locally("acme", ANN, local, Stack(created=True).client)

    assert Logins(local.logins).all() == {OTHER: ANN}
    described = json.loads(local.description.read_text("utf-8"))
    assert described["other"] == {"username": "ann", "password": "correct horse"}
    assert "ann  correct horse" in said
    assert f"{local.description} other" in said


def test_a_refusal_is_told_without_the_password() -> None:
    stack = Stack(errorMessage="the name is taken (correct horse)")

    with pytest.raises(TenantError, match=r"acme was not made: the name is taken \(\*{6}\)"):
        make_tenant(stack.client("lambda"), "users-1", "acme", ANN)


def test_an_older_stack_is_told_from_one_with_users() -> None:
    class Older(Stack):
        def describe_stacks(self, StackName: str) -> Any:  # noqa: ARG002, N803
            return {"Stacks": [{}]}

    with pytest.raises(TenantError, match="deploy this version first"):
        users_function(Older().client("cloudformation"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "make tenant NAME=acme"),
        (["Acme"], "a-z, 0-9 and -"),
        (["-acme"], "a-z, 0-9 and -"),
        (["a" * 32], "31 characters"),
        (["acme", "admin=a b"], "an admin is a name"),
        (["acme", "target=azure"], "azure is no target"),
    ],
)
def test_what_cannot_be_made_is_said_before_anything_is_asked(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize("auth", ["on", "off"])
def test_a_local_stack_must_run_and_have_users(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    auth: str,
) -> None:
    monkeypatch.setenv("HEADRACE_HOME", str(tmp_path))
    monkeypatch.setenv("HEADRACE_AUTH", auth)

    assert main(["acme"]) == 1
    expected = "nothing runs" if auth == "on" else "has no other tenants"
    assert expected in capsys.readouterr().err
