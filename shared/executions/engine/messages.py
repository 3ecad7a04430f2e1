"""What Step Functions sends to the runner, and what it answers."""

from typing import Literal

from shared.records import Definition


class TurnRequest(Definition):
    """What the state machine asks for: run this segment in this generation.

    `machine` is the ARN of the state machine that asks: its children run on it too. With a `token`
    it asks to keep it instead, for the turn that `fence` and `wakes` name.
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
    """What the state machine does next: stop, or call again.

    It calls again at once, after `delaySeconds`, or when somebody sends the token it hands over.
    """

    next: Literal["done", "continue", "wait", "park"]
    delay_seconds: int = 0
    fence: int = 0
    wakes: int = 0


DONE = TurnResponse(next="done")
CONTINUE = TurnResponse(next="continue")
