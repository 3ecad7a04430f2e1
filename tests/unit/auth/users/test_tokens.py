"""Claims in tokens: as the gateway passes them on."""

import base64
import json

import pytest

from shared.auth.users.tokens import claims_in
from shared.errors import InvalidTokenError


def token_of(payload: object) -> str:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return f"h.{base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}.s"


def test_claims_are_texts_and_groups_a_list_in_brackets():
    claims = claims_in(token_of({"exp": 5, "username": "ann", "cognito:groups": ["a:b", "c:d"]}))

    assert claims == {"exp": "5", "username": "ann", "cognito:groups": "[a:b c:d]"}
    assert claims_in(token_of({"username": "é"}))["cognito:groups"] == "[]"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b",
        "a.%.c",
        "a.é.c",
        token_of("nonsense"),
        token_of([1]),
        token_of("null"),
        token_of({"cognito:groups": 5}),
        token_of({"cognito:groups": [5]}),
        token_of("[" * 100_000),
    ],
)
def test_what_is_no_token_is_refused(token: str):
    with pytest.raises(InvalidTokenError):
        claims_in(token)
