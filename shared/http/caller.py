"""The caller of the request at hand: a route asks for it as `caller: Caller`."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends

from shared.auth.principal import LOCAL_PRINCIPAL, Principal


def calling_principal() -> Principal:
    """Return the principal of the request at hand."""
    return LOCAL_PRINCIPAL


Caller = Annotated[Principal, Depends(calling_principal)]
