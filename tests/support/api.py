"""One handler called as API Gateway would, for tests that need nothing behind it."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.auth.policy import VIEWER, Access
from tests.support.events import LOCAL_ADMIN, api_event


@dataclass
class Context:
    """As much of a Lambda context as the logger reads."""

    function_name: str = "a-function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:a-function"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    text: str | None

    @property
    def json(self) -> Any:
        return json.loads(self.text or "null")


def call(
    handler: Callable[[dict[str, Any], Any], dict[str, Any]],
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    *,
    claims: Mapping[str, str] | None = LOCAL_ADMIN,
) -> Answer:
    """Send one request to a handler; see `api_event` for bodies and claims."""
    answer = handler(api_event(method, path, body, headers, claims=claims), Context())
    names = {name.lower(): str(value) for name, value in answer["headers"].items()}
    return Answer(answer["statusCode"], names, answer.get("body"))


ANY_ROUTE: Mapping[str, Access] = defaultdict(lambda: VIEWER)
"""The policy of an app with routes of a test's own."""
