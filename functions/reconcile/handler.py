"""The function that mends the difference between executions and the runs behind them.

Invoked each minute, by Step Functions' status-change events (hints), and by an operator or after a
restart with `{"all": true}`, which looks at everything open at once.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.executions.lifecycle.reconciler import Action, EndedRun, reconciler
from shared.executions.orchestration.state_machine import is_over_quota
from shared.executions.store.snapshots import DueExecution, DueGroup
from shared.observability import logger

RESERVE_MILLISECONDS = 10_000
THROTTLED = "throttled"
Named = DueExecution | DueGroup | EndedRun
"""The things that an event can name to be checked."""


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Check what the event names; return how often each action was taken.

    One execution that cannot be mended does not stop the others; it fails the invocation at the
    end, so that the function's error metric shows it.
    """
    actions: Counter[str] = Counter()
    for due in _named(event):
        if context.get_remaining_time_in_millis() < RESERVE_MILLISECONDS:
            logger.warning("out of time; the next minute goes on")
            break
        actions[taken := _look(due)] += 1
        if taken == THROTTLED:
            logger.warning("asked to call less often; the next minute goes on")
            break
    logger.info("reconciled", extra={"actions": dict(actions)})
    if actions["error"]:
        raise RuntimeError(f"{actions['error']} executions could not be reconciled")
    return dict(actions)


def _look(due: Named) -> str:
    try:
        action = _mend(due)
    except Exception as error:  # noqa: BLE001 - logged here, raised once all have been looked at
        if is_over_quota(error):
            return THROTTLED
        logger.exception("could not reconcile", extra=_named_in_log(due))
        return "error"
    if action is not Action.NOTHING:
        logger.info("looked", extra={**_named_in_log(due), "action": action})
    return action.value


def _mend(due: Named) -> Action:
    if isinstance(due, DueGroup):
        return reconciler().promote_group(due.group)
    if isinstance(due, EndedRun):
        return reconciler().reconcile_after(due.tenant, due.execution_id, due.name)
    return reconciler().reconcile(due.tenant, due.execution_id)


def _named_in_log(due: Named) -> dict[str, str]:
    if isinstance(due, DueGroup):
        return {"line": due.group}
    return {"executionId": due.execution_id}


def _named(event: Mapping[str, Any]) -> Iterable[Named]:
    if event.get("detail-type") == "Step Functions Execution Status Change":
        turn = json.loads(event["detail"]["input"])
        return [EndedRun(turn["tenant"], turn["executionId"], event["detail"]["name"])]
    if event.get("all"):
        return reconciler().all_open()
    return reconciler().overdue()
