"""Answers held to the OpenAPI document: what it does not name is a fault."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from shared.http.openapi import document
from shared.http.problems import PROBLEM_TYPE


def check_documented(route: str, status: int, body: Any, headers: Mapping[str, str]) -> None:
    """Fail if a route of the document gave an answer that the document does not tell of.

    `headers` have names in lower case.

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
    elif content := response.get("content"):
        kind = headers["content-type"].partition(";")[0]
        assert kind in content, f"{route}: type {kind} is not documented"
    _check_headers(f"{route} {status}", response["headers"], set(headers) - {"content-type"})


def _check_headers(answer: str, named: dict[str, Any], found: set[str]) -> None:
    required = {
        name.lower()
        for name, each in named.items()
        if _parsed()["components"]["headers"][each["$ref"].rpartition("/")[2]].get("required")
    }
    unnamed = found - {name.lower() for name in named}
    assert not unnamed, f"{answer}: headers that are not documented: {unnamed}"
    assert required <= found, f"{answer}: headers that are missing: {required - found}"


@cache
def _parsed() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(document())
    return parsed


@cache
def _operations() -> dict[str, Any]:
    paths = _parsed()["paths"]
    return {
        f"{method.upper()} {path}": operation
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
