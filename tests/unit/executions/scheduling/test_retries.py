"""When a failed attempt is made again, and after how long."""

from datetime import timedelta
from typing import Any

import pytest

from shared.executions.scheduling.retries import MAX_DELAY, next_delay
from shared.executions.task_runs import Failure
from shared.flows.language.definition import RetryPolicy

BROKEN = Failure(code="broken", message="m")


def delay(
    policy: Any,
    attempt: int = 1,
    *,
    failure: Failure = BROKEN,
    elapsed: float = 0,
    seed: str = "s",
) -> float | None:
    """Seconds until the next attempt; None when there is none."""
    found = next_delay(
        RetryPolicy.model_validate({"maxAttempts": 100, **policy}),
        failure,
        attempt=attempt,
        elapsed=timedelta(seconds=elapsed),
        seed=seed,
    )
    return None if found is None else found.total_seconds()


def test_attempts_are_counted_with_the_first():
    assert delay({"maxAttempts": 2, "delay": 1}, 1) == 1
    assert delay({"maxAttempts": 2, "delay": 1}, 2) is None


def test_a_constant_delay_stays():
    assert [delay({"type": "constant", "delay": 5}, attempt) for attempt in (1, 2, 9)] == [5, 5, 5]


def test_an_exponential_delay_grows_to_its_bound():
    policy = {"type": "exponential", "delay": 2, "factor": 3, "maxDelay": 50}

    assert [delay(policy, attempt) for attempt in (1, 2, 3, 4, 99)] == [2, 6, 18, 50, 50]


@pytest.mark.parametrize("factor", [10, 1e300])
def test_without_a_bound_an_exponential_delay_stops_growing_at_a_year(factor: float):
    policy = {"type": "exponential", "delay": 1, "factor": factor}

    assert delay(policy, 90) == MAX_DELAY.total_seconds()


@pytest.mark.parametrize("attempt", [2, 1024, 1025, 1026, 9999])
def test_no_delay_never_grows(attempt: int):
    assert delay({"type": "exponential", "delay": 0, "maxAttempts": 10_000}, attempt) == 0
    assert delay({"type": "exponential", "maxAttempts": 10_000, "factor": 1e300}, attempt) == 0


def test_a_random_delay_is_between_its_bounds_and_repeats():
    policy = {"type": "random", "delay": 2, "maxDelay": 10}
    drawn = [delay(policy, attempt) for attempt in range(1, 50)]

    assert all(each is not None and 2 <= each < 10 for each in drawn)
    assert len(set(drawn)) > 40
    assert drawn == [delay(policy, attempt) for attempt in range(1, 50)]
    assert delay(policy, 1, seed="other") != drawn[0]
    assert delay({"type": "random", "delay": 2}, 1) == 2


def test_jitter_takes_any_part_of_the_delay():
    policy = {"type": "exponential", "delay": 8, "jitter": True}
    drawn = [delay(policy, 1, seed=str(number)) for number in range(50)]

    assert all(each is not None and 0 <= each < 8 for each in drawn)
    assert len(set(drawn)) > 40


@pytest.mark.parametrize(("asked", "found"), [(3.0, 10), (30.0, 30)])
def test_what_the_service_asked_for_wins_when_it_is_longer(asked: float, found: int):
    failure = Failure(code="http_status", message="m", status_code=503, retry_after_seconds=asked)

    assert delay({"delay": 10}, failure=failure) == found


def test_no_attempt_begins_after_the_longest_duration():
    policy = {"delay": 10, "maxDuration": 60}

    assert delay(policy, elapsed=50) == 10
    assert delay(policy, elapsed=51) is None


@pytest.mark.parametrize(
    ("code", "status", "on", "is_repeated"),
    [
        ("broken", None, None, True),
        ("http_status", 500, None, True),
        ("http_status", 404, None, False),
        ("http_status", 429, None, True),
        ("template_error", None, None, False),
        ("template_error", None, ["template_error"], True),
        ("http_status", 404, [404], True),
        ("http_status", 404, ["404"], True),
        ("http_status", 404, ["broken"], False),
        ("http_status", 503, [404], False),
        ("http_status", 503, [404, "503"], True),
        ("broken", None, ["timeout"], False),
        ("timeout", None, ["timeout"], True),
        ("None", None, [404], False),
        ("broken", None, ["None"], False),
        ("http_status", 503, [404, "default"], True),
        ("http_status", 404, [404, "default"], True),
        ("http_status", 410, [404, "default"], False),
        ("template_error", None, ["default"], False),
        ("template_error", None, ["default", "template_error"], True),
        ("default", 404, ["default"], False),
    ],
)
def test_what_on_names_is_repeated_and_without_it_some_failures_are_for_good(
    code: str, status: int | None, on: list[Any] | None, *, is_repeated: bool
):
    failure = Failure(code=code, message="m", status_code=status)

    assert (delay({"delay": 1, "on": on or ()}, failure=failure) is not None) is is_repeated
