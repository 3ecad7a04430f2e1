"""The calls that come from no gateway: the sweep, each five minutes, and operators' for tenants."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.auth.users.models import TenantDraft
from shared.auth.users.sweep import user_sweep
from shared.auth.users.tenants import tenant_foundation
from shared.errors import InvalidRequestError
from shared.observability import logger
from shared.validation import parse_body


@logger.inject_lambda_context(clear_state=True)
def operate(event: dict[str, Any], _context: LambdaContext) -> dict[str, int | bool]:
    """Do what is asked: `{"sweep": true}` or `{"tenant", "admin": {"username", "password"}}`.

    Answers `{"swept": <count>}` or `{"created": <whether there was no admin yet>}`. Raises
    InvalidRequestError that says all that is wrong, and nothing of a password.
    """
    if event.get("sweep") is True:
        return {"swept": user_sweep().run()}
    return {"created": tenant_foundation().found(_draft(event))}


def _draft(event: Mapping[str, Any]) -> TenantDraft:
    try:
        return parse_body(TenantDraft, dict(event))
    except InvalidRequestError as error:
        told = "; ".join(f"{each.path} {each.message}" for each in error.problems)
        raise InvalidRequestError(told, problems=error.problems) from None
