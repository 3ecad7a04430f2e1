"""The delay before a failed attempt is repeated (flow language, section 6): a pure function."""

from datetime import timedelta
from random import Random

from shared.executions.task_runs import Failure
from shared.flows.language.definition import RetryPolicy

NEVER = frozenset(
    {
        "configuration_error",
        "egress_refused",
        "invalid_properties",
        "invalid_value",
        "output_too_large",
        "subflow_cancelled",
        "subflow_gone",
        "template_error",
        "too_large",
        "unknown_plugin",
    }
)
"""Failures that the same flow meets again in every attempt, or that somebody meant: repeated only
where `on` names them."""

USUAL = "default"
"""The word in `on` for all failures that are repeated without it."""

RETRYABLE_4XX = frozenset({408, 425, 429})
MAX_DELAY = timedelta(days=365)


def next_delay(
    policy: RetryPolicy, failure: Failure, *, attempt: int, elapsed: timedelta, seed: str
) -> timedelta | None:
    """Return the delay after failed attempt `attempt` (from 1); None to give up.

    `elapsed` counts from the first attempt's start. `seed` makes jitter repeat after a crash. What
    the called service asked for (`Retry-After`) wins when it is longer.
    """
    if attempt >= policy.max_attempts or not _is_retryable(policy, failure):
        return None
    delay = policy_delay(policy, attempt, seed)
    if failure.retry_after_seconds is not None:
        delay = max(delay, timedelta(seconds=failure.retry_after_seconds))
    if policy.max_duration is not None and elapsed + delay > policy.max_duration:
        return None
    return min(delay, MAX_DELAY)


def _is_retryable(policy: RetryPolicy, failure: Failure) -> bool:
    """Tell whether `on` names a failure; without it, or by `default` in it, the usual ones."""
    status = failure.status_code
    reasons = {failure.code} if status is None else {failure.code, status, str(status)}
    if reasons & (set(policy.on) - {USUAL}):
        return True
    return (not policy.on or USUAL in policy.on) and _is_usual(failure)


def _is_usual(failure: Failure) -> bool:
    if failure.code in NEVER:
        return False
    status = failure.status_code
    return status is None or not 400 <= status < 500 or status in RETRYABLE_4XX


def policy_delay(policy: RetryPolicy, attempt: int, seed: str) -> timedelta:
    """Return the delay after attempt `attempt` (from 1), whatever that one came to."""
    random = Random(f"{seed}/{attempt}")
    if policy.type == "random":
        longest = policy.max_delay or policy.delay
        return policy.delay + (longest - policy.delay) * random.random()
    delay = policy.delay
    if policy.type == "exponential":
        delay = _grown(policy, attempt)
    if policy.max_delay is not None:
        delay = min(delay, policy.max_delay)
    # Full jitter keeps a crowd of failed tasks from coming back as a crowd.
    return delay * random.random() if policy.jitter else delay


def _grown(policy: RetryPolicy, attempt: int) -> timedelta:
    if not policy.delay:
        return policy.delay  # nothing never grows, though its factor may be too large a number
    try:
        return min(policy.delay * policy.factor ** (attempt - 1), MAX_DELAY)
    except OverflowError:
        return MAX_DELAY
