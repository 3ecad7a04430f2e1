"""How long a client goes on trying, held against the time that its function has."""

from typing import Any

from tests.support.template import Template

LONGEST_STANDARD_PAUSE = 20.0


class Patience:
    """The time-outs of one template's functions."""

    def __init__(self, template: Template) -> None:
        self.seconds: dict[str, float] = {
            properties["Handler"].split(".")[1]: properties["Timeout"]
            for _, properties in template.of_type("AWS::Lambda::Function")
        }

    def check(self, function: str, client: Any) -> None:
        """Fail if a client may try for longer than half of the function's time, or than all of it
        where each attempt has to connect first."""
        if function not in self.seconds:
            return  # the test itself
        name, config = client.meta.service_model.service_name, client.meta.config
        tries, pauses = longest(name, config)
        told = f"{name} may keep {function} for"
        waiting = tries * config.read_timeout + pauses
        assert waiting < self.seconds[function] / 2, f"{told} {waiting} seconds"
        waiting += tries * config.connect_timeout
        assert waiting < self.seconds[function], f"{told} {waiting} seconds"


def longest(service: str, config: Any) -> tuple[int, float]:
    """Return how often a call is made at most, and the seconds of all pauses in between."""
    tries = config.retries["total_max_attempts"]
    steps = [2.0**number for number in range(tries - 1)]
    if config.retries["mode"] == "standard":
        return tries, sum(min(step, LONGEST_STANDARD_PAUSE) for step in steps)
    assert config.retries["mode"] == "legacy"
    # A random part of a second, doubled each time; DynamoDB's own pauses are 50 ms, doubled.
    return tries, sum(step * (0.05 if service == "dynamodb" else 1.0) for step in steps)
