"""Which line an execution stands in: that of its flow, or of one value of its flow's key."""

import hashlib
from collections.abc import Callable

from shared.errors import InvalidInputsError, Problem
from shared.executions.models import Execution, Slot
from shared.executions.rows import compact
from shared.executions.secrets import masking_of
from shared.flows.definition import Concurrency
from shared.flows.plan import Plan


def slot_of(
    execution: Execution, concurrency: Concurrency | None, plan: Callable[[], Plan]
) -> Slot | None:
    """The slot that an execution needs; InvalidInputsError when its key cannot be worked out."""
    if concurrency is None:
        return None
    line = f"{execution.tenant}#slots#{execution.flow_id}"
    if concurrency.key is not None:
        line += f"#{_key(execution, concurrency.key, plan())}"
    return Slot(line=line, limit=concurrency.limit, behavior=concurrency.behavior)


def _key(execution: Execution, source: str, plan: Plan) -> str:
    """A digest of the key's value: it may be long, or hold a secret."""
    # Most flows have no key, and most starts need no expressions.
    from shared.executions.scopes import ScopeBuilder  # noqa: PLC0415 - see above
    from shared.expressions import TemplateError, parse_expression  # noqa: PLC0415

    scope = ScopeBuilder(execution, plan, lambda _run: {}).for_flow(now=execution.created_at)
    try:
        value = parse_expression(source).evaluate(scope)
    except TemplateError as error:
        message = masking_of(execution).text(str(error))
        problem = Problem(path="concurrency.key", message=message)
        raise InvalidInputsError(f"concurrency.key: {message}", problems=[problem]) from None
    return hashlib.sha256(compact(value).encode()).hexdigest()[:32]
