"""What a model refuses is told in our words: no pattern has to be read."""

from typing import Annotated, Any

import pytest
from pydantic import StringConstraints, TypeAdapter, ValidationError

from shared.auth.clients.models import ClientName
from shared.auth.principal import Role
from shared.auth.users.models import Group, TenantName, Username
from shared.credentials.models import CredentialName
from shared.flows.models import FlowName, Label
from shared.ids import FlowId
from shared.model_words import in_our_words
from shared.names import Namespace


def _refusal(kind: Any, value: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return in_our_words(caught.value.errors()[0])


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (Username, "x y", "must be 1 to 100 of A-Z a-z 0-9 . _ @ + -"),
        (Group, "ops!", "must be 1 to 64 of A-Z a-z 0-9 . _ @ + -"),
        (ClientName, "CI Bot", "must be 1 to 60 of A-Z a-z 0-9 . _ -"),
        (CredentialName, "api_token", "must be of A-Z 0-9 _, and begin with one of A-Z _"),
        (
            Namespace,
            "Crm",
            "must be of a-z 0-9 . _ -, and begin with one of a-z 0-9",
        ),
        (FlowName, "a b", "must be of a-z A-Z 0-9 . _ -, and begin with one of a-z A-Z 0-9"),
        (TenantName, "Acme", "must be of a-z 0-9 -, and begin with one of a-z 0-9"),
        (Label, "team", "must be key:value"),
        (FlowId, "nightly", "must be an id, as lists show it"),
        (Annotated[str, StringConstraints(pattern="^a|b$")], "c", "must match the pattern ^a|b$"),
        (
            Role,
            "developer",
            "must be 'participant', 'viewer', 'auditor', 'executor', 'editor' or 'admin'",
        ),
        (FlowName, "a" * 101, "must have at most 100 characters"),
    ],
)
def test_a_refusal_says_what_a_value_must_be(kind: Any, value: str, sentence: str) -> None:
    assert _refusal(kind, value) == sentence
