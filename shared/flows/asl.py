"""Plans to Amazon States Language: a small JSONPath subset that three interpreters agree on."""

from typing import Any

RUNNER_ARN = "${RunnerArn}"
"""What the deploy replaces by the runner's ARN."""

# A runner that dies, is throttled or loses its store is tried again from its records. Error names
# differ between AWS and the emulators, so every error is retried alike; what a flow decided is a
# value in the answer and never an error.
RETRY = [
    {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": 6,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    }
]


def one_segment_machine() -> dict[str, Any]:
    """Run one segment turn by turn until it is done: three transitions when one turn is enough.

    Between turns it waits for what is due: a retry, the end of a `flow.wait`.
    """
    return {
        "Comment": "Runs a flow whose tasks all fit in one segment.",
        "StartAt": "RunSegment",
        "States": {
            "RunSegment": _segment("main", after="Decide"),
            "Decide": {
                "Type": "Choice",
                "Choices": [_choice("continue", "RunSegment"), _choice("wait", "Pause")],
                "Default": "Done",
            },
            "Pause": {
                "Type": "Wait",
                "SecondsPath": "$.turn.delaySeconds",
                "Next": "RunSegment",
            },
            "Done": {"Type": "Succeed"},
        },
    }


def _choice(answer: str, then: str) -> dict[str, Any]:
    return {"Variable": "$.turn.next", "StringEquals": answer, "Next": then}


def _segment(path: str, *, after: str) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": RUNNER_ARN,
            "Payload": {
                "tenant.$": "$.tenant",
                "executionId.$": "$.executionId",
                "generation.$": "$.generation",
                "segment": path,
            },
        },
        "ResultSelector": {
            "next.$": "$.Payload.next",
            "delaySeconds.$": "$.Payload.delaySeconds",
        },
        "ResultPath": "$.turn",
        "TimeoutSeconds": 960,
        "Retry": RETRY,
        "Next": after,
    }
