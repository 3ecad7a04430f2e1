"""The messages between Step Functions and the runner: a turn's request and its response."""

from typing import Literal

from shared.records import Definition


class TurnRequest(Definition):
    """The request of the state machine: run this segment in this generation.

    `machine` is the ARN of the state machine that asks: its children run on it too. With a `token`
    the runner is to store that token instead, for the turn that `fence` and `wakes` name.
    """

    tenant: str
    execution_id: str
    generation: int
    segment: str
    machine: str
    token: str | None = None
    fence: int = 0
    wakes: int = 0


class TurnResponse(Definition):
    """The next step of the state machine: stop, or call again.

    It calls again at once, after `delaySeconds`, or when somebody sends the token it hands over.
    """

    next: Literal["done", "continue", "wait", "park"]
    delay_seconds: int = 0
    fence: int = 0
    wakes: int = 0


DONE = TurnResponse(next="done")
CONTINUE = TurnResponse(next="continue")
