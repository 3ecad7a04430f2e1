"""The services of the routes of executions that take a parameter when they are made.

A parameter of a dependency would become one of the request.
"""

from shared.executions.lifecycle.cancel import Canceller, canceller
from shared.executions.lifecycle.retry import RetryService, retry_service


def execution_canceller() -> Canceller:
    return canceller()


def execution_retries() -> RetryService:
    return retry_service()
