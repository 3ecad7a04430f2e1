"""What schemathesis is told beyond `tests/e2e/contract.toml`, which loads this module as its hooks.

The document's `default` answer is that of faults and of too many requests: here it excuses no other
status, and a header that the document does not name is a fault too.
"""

import os
from http import HTTPStatus
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import Case
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response
from schemathesis.generation.meta import REQUEST_SHAPE_PROBES, coverage_scenario
from schemathesis.hooks import HookContext

OWN_NAME = "HEADRACE_CONTRACT_USER"
"""The variable that has the name of the user that calls: it is left as it is."""
DONE_FILE = "HEADRACE_CONTRACT_DONE"
"""The variable that has the path of a file: a line for each request that was granted."""
OF_THE_GATEWAY = {
    "apigw-requestid",
    "connection",
    "content-length",
    "content-type",
    "date",
    "server",
}
BY_DEFAULT = {
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
}


@schemathesis.hook
def filter_case(_: HookContext, case: Case[Any]) -> bool:
    """Keep off what would lock out or change the user that calls."""
    name = str(case.path_parameters.get("username", "")).lower()
    return case.method == "GET" or name != os.environ[OWN_NAME]


@schemathesis.hook
def after_call(_: HookContext, case: Case[Any], response: Response) -> None:
    """Note what was done, so that a run that is refused everything can be told."""
    if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
        with Path(os.environ[DONE_FILE]).open("a", encoding="utf-8") as file:
            file.write(f"{case.operation.label}\n")


@schemathesis.check
def documented(_: CheckContext, response: Response, case: Case[Any]) -> None:
    """Fail on a status or a header that the document does not name for the operation."""
    if coverage_scenario(case) in REQUEST_SHAPE_PROBES:
        return  # no request of this operation: the gateway answers before a route is found
    responses = case.operation.responses
    if str(response.status_code) not in responses.status_codes:
        assert response.status_code in BY_DEFAULT, f"{response.status_code} is not documented"
    found = responses.find_by_status_code(response.status_code)
    named = {name.lower() for name, _ in found.headers.items()} if found else set()
    unnamed = {name.lower() for name in response.headers} - named - OF_THE_GATEWAY
    assert not unnamed, f"headers that are not documented: {', '.join(sorted(unnamed))}"
