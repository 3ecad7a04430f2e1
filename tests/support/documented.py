"""Answers held to the OpenAPI document: a status or a code that it does not name is a fault."""

import json
from functools import cache
from typing import Any

from shared.http.openapi import document
from shared.http.problems import PROBLEM_TYPE


def check_documented(route: str, status: int, body: Any) -> None:
    """Fail if a route of the document gave an answer that the document does not tell of.

    Faults on our side are in the document for all; a test that wants none asserts that.
    """
    operation = _operations().get(route)
    if operation is None or status >= 500:
        return
    response = operation["responses"].get(str(status))
    assert response is not None, f"{route} answered {status}, which is not documented: {body}"
    if status >= 400:
        codes = response["content"][PROBLEM_TYPE]["examples"]
        assert body["code"] in codes, f"{route}: code {body['code']!r} is not documented"


@cache
def _operations() -> dict[str, Any]:
    paths = json.loads(document())["paths"]
    return {
        f"{method.upper()} {path}": operation
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
