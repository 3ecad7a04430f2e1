"""The end of an API function's process between two events: the answer is given, no other is taken.

A thread that cannot be stopped would burn the processor of whoever comes next. A process that just
ended would lose the answer, and one that ended later might have taken the next event (ADR 30).
"""

import http.client
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO, cast

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.json_text import compact
from shared.observability import logger

RUNTIME_API = "AWS_LAMBDA_RUNTIME_API"
"""Host and port of Lambda's Runtime API, in the environment of every function on AWS."""
EMULATED = "_LAMBDA_TIMEOUT"
"""Set by the emulator, whose worker reads its events from standard input."""
_SECONDS = 5.0


class _End:
    """Standard input at whose next line the process ends."""

    def readline(self) -> str:
        os._exit(1)


def end_after(response: Mapping[str, Any], context: LambdaContext) -> None:
    """End the process once `response` is handed over; return where that is left to the caller.

    On AWS the answer is posted here. In the emulator the worker writes it, then asks for more.
    Anywhere else the process is not ours to end.
    """
    logger.warning("an expression's thread outlived its time; ending the process")
    if address := os.environ.get(RUNTIME_API):
        try:
            _post(address, context.aws_request_id, response)
        finally:
            os._exit(1)
    if EMULATED in os.environ:
        sys.stdin = cast("TextIO", _End())


def _post(address: str, request_id: str, response: Mapping[str, Any]) -> None:
    """Answer an invocation, in place of the runtime; what fails is logged, for the end comes."""
    path = f"/2018-06-01/runtime/invocation/{request_id}/response"
    try:
        connection = http.client.HTTPConnection(address, timeout=_SECONDS)
        body = compact(response).encode(errors="replace")
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        logger.exception("the answer could not be posted")
