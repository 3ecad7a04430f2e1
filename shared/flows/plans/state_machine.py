"""Plans to Amazon States Language: a small JSONPath subset that three interpreters agree on."""

from typing import Any

RUNNER_ARN = "${RunnerArn}"
"""The placeholder that the deploy replaces by the runner's ARN."""

# A runner that dies or loses its store is tried again from its records. Error names differ between
# AWS and the emulators, so every error is retried alike; what a flow decided is a value in the
# answer and never an error. All but one: an account whose functions are all busy may be so for
# long, and nothing is wrong with an execution that has to wait its turn.
RETRY = [
    {
        "ErrorEquals": ["Lambda.TooManyRequestsException"],
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": 100,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    },
    {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": 6,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    },
]


A_YEAR = 365 * 24 * 3600
"""The longest that a Standard execution may take, in seconds."""


def one_segment_machine() -> dict[str, Any]:
    """Run one segment turn by turn until it is done: three transitions when one turn is enough.

    Between turns it waits for what is due (a retry, the end of a `flow.wait`), or is suspended
    until somebody outside sends its token.
    """
    return {
        "Comment": "Runs a flow whose tasks all fit in one segment.",
        "StartAt": "RunSegment",
        "States": {
            "RunSegment": _segment("main", after="Decide"),
            "Decide": {
                "Type": "Choice",
                "Choices": [
                    _choice("continue", "RunSegment"),
                    _choice("wait", "Pause"),
                    _choice("park", "Park"),
                ],
                "Default": "Done",
            },
            "Pause": {
                "Type": "Wait",
                "SecondsPath": "$.turn.delaySeconds",
                "Next": "RunSegment",
            },
            "Park": _park("main", after="RunSegment"),
            "Done": {"Type": "Succeed"},
        },
    }


def _choice(answer: str, then: str) -> dict[str, Any]:
    return {"Variable": "$.turn.next", "StringEquals": answer, "Next": then}


def _park(path: str, *, after: str) -> dict[str, Any]:
    """Hand the token to the runner, which keeps it, and wait until somebody sends it."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": RUNNER_ARN,
            "Payload": {
                **_turn(path),
                "fence.$": "$.turn.fence",
                "wakes.$": "$.turn.wakes",
                "token.$": "$$.Task.Token",
            },
        },
        "ResultPath": None,
        "TimeoutSeconds": A_YEAR,
        # Whatever ends the wait, the next turn looks at the records and decides.
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": after}],
        "Next": after,
    }


def _segment(path: str, *, after: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": RUNNER_ARN,
            "Payload": _turn(path),
        },
        "ResultSelector": {
            "next.$": "$.Payload.next",
            "delaySeconds.$": "$.Payload.delaySeconds",
            "fence.$": "$.Payload.fence",
            "wakes.$": "$.Payload.wakes",
        },
        "ResultPath": "$.turn",
        "TimeoutSeconds": 960,
        "Retry": RETRY,
        "Next": after,
    }


def _turn(path: str) -> dict[str, Any]:
    """Return the input of every turn: its execution, and the machine that asks."""
    return {
        "tenant.$": "$.tenant",
        "executionId.$": "$.executionId",
        "generation.$": "$.generation",
        "segment": path,
        "machine.$": "$$.StateMachine.Id",
    }
