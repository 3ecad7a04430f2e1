"""What the properties of a loop say of its rounds."""

from datetime import timedelta
from typing import Any

import pytest

from shared.executions.scheduling.round_properties import is_last, read_rounds
from shared.executions.scheduling.rounds import Rounds
from shared.expressions import Scope
from shared.plugins.sdk.plugin import PluginError
from tests.support.plans import START


def scope(**roots: Any) -> Scope:
    return Scope(roots=roots, seed="s", now=START)


def read(**properties: Any) -> Rounds:
    return read_rounds({"until": "outputs.later", **properties}, scope(inputs={"n": 7}))


def pauses(rounds: Rounds, number: int = 4) -> list[float]:
    found = []
    for rounds.index in range(number):
        found.append(rounds.pause("seed").total_seconds())
    return found


def test_what_is_not_said_is_a_hundred_rounds_without_a_pause_that_fail_when_used_up():
    rounds = read()

    assert (rounds.limit, rounds.fails_exhausted, rounds.index) == (100, True, 0)
    assert not rounds.has_begun
    assert pauses(rounds) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (90, [90, 90, 90, 90]),
        ("1m30s", [90, 90, 90, 90]),
        ("PT90S", [90, 90, 90, 90]),
        ("{{ inputs.n }}", [7, 7, 7, 7]),
        ({"delay": 90}, [90, 90, 90, 90]),
        ({"delay": "{{ inputs.n }}", "type": "exponential"}, [7, 14, 28, 56]),
        ({"delay": 7, "type": "exponential", "factor": 1.5}, [7, 10.5, 15.75, 23.625]),
        ({"delay": 7, "type": "exponential", "maxDelay": 20}, [7, 14, 20, 20]),
        ({"delay": "365d", "type": "exponential"}, [365 * 86400.0] * 4),
        ({"delay": "36500d"}, [365 * 86400.0] * 4),
        (None, [0, 0, 0, 0]),
    ],
)
def test_the_pause_after_each_round(interval: Any, expected: list[float]):
    assert pauses(read(interval=interval)) == expected


@pytest.mark.parametrize(
    "interval",
    [
        {"delay": 7, "jitter": True},
        {"delay": 7, "type": "random", "maxDelay": 9},
        {"delay": 7, "type": "exponential", "jitter": True, "maxDelay": "30s"},
    ],
)
def test_a_pause_by_chance_is_the_same_again_and_as_exact_as_a_record(interval: Any):
    first, second = pauses(read(interval=interval), 20), pauses(read(interval=interval), 20)

    assert first == second
    assert len(set(first)) > 10
    assert all(0 <= each <= 30 for each in first)
    assert all(
        timedelta(seconds=each) % timedelta(milliseconds=1) == timedelta(0) for each in first
    )


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"maxRounds": 0}, "maxRounds must be a whole number from 1 to 10000"),
        ({"maxRounds": 2.5}, "maxRounds must be"),
        ({"maxRounds": "5"}, "maxRounds must be"),
        ({"maxRounds": False}, "maxRounds must be"),
        ({"interval": [1]}, "properties.interval"),
        ({"interval": True}, "properties.interval"),
        ({"interval": {}}, "properties.interval takes delay"),
        ({"interval": {"delay": None}}, "properties.interval.delay"),
        ({"interval": {"delay": 1, "maxDelay": "x"}}, "properties.interval.maxDelay"),
        ({"interval": {"delay": 1, "factor": True}}, "properties.interval.factor"),
        ({"interval": {"delay": 1, "factor": 0.5}}, "properties.interval.factor"),
        ({"interval": {"delay": 1, "type": "linear"}}, "properties.interval.type"),
        ({"interval": {"delay": 1, "maxAttempts": 1}}, "properties.interval takes delay"),
        ({"onExhausted": "stop"}, "properties.onExhausted must be fail or continue"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(properties: dict[str, Any], message: str):
    with pytest.raises(PluginError) as refused:
        read(**properties)

    assert message in refused.value.message.unmasked()
    assert refused.value.code == "invalid_properties"


def test_whole_numbers_may_be_written_as_floats():
    assert read(maxRounds=3.0).limit == 3


@pytest.mark.parametrize(
    ("until", "is_over"),
    [
        ("outputs.a.v == 1", True),
        ("{{ outputs.a.v > 1 }}", False),
        (True, True),
        (False, False),
        ("'false'", False),
        ("outputs.a", True),
    ],
)
def test_until_is_an_expression_its_braces_optional(*, until: Any, is_over: bool):
    assert is_last({"until": until}, scope(outputs={"a": {"v": 1}})) is is_over


def test_only_a_loop_without_rounds_left_has_failed_and_only_if_it_is_to():
    fails, goes_on = read(maxRounds=2), read(maxRounds=2, onExhausted="continue")
    before = [each.failure for each in (fails, goes_on)]
    fails.is_exhausted = goes_on.is_exhausted = True

    assert before == [None, None]
    assert fails.failure
    assert (fails.failure.code, goes_on.failure) == ("loop_exhausted", None)
