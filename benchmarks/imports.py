"""The time a cold start spends on imports, next to that of boto3 and Powertools alone."""

import subprocess
import sys
from dataclasses import dataclass
from statistics import median

from infra.routes import ROUTES

FUNCTIONS = (*ROUTES, "runner", "reconcile")
BAR = 1.3
"""The time that a function of the API may take, in multiples of the libraries alone."""
ROUNDS = 7
# What an HTTP function cannot do without: clients, the logger, the resolver that validates.
LIBRARIES = """
import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
APIGatewayHttpResolver(enable_validation=True)
"""
TIMED = """
import time
started = time.process_time()
{code}
print(time.process_time() - started)
"""


@dataclass(frozen=True)
class Import:
    """Seconds of processor time in a fresh process, and the same next to the libraries alone."""

    function: str
    seconds: float
    ratio: float
    has_bar: bool

    @property
    def is_over(self) -> bool:
        return self.has_bar and self.ratio > BAR


def imports(rounds: int = ROUNDS) -> list[Import]:
    """Return medians over so many rounds; a round times each once, so a busy minute hits all."""
    codes = {name: f"import functions.{name}.handler" for name in FUNCTIONS}
    taken: list[dict[str, float]] = [
        {name: _seconds(code) for name, code in {"": LIBRARIES, **codes}.items()}
        for _ in range(rounds)
    ]
    alone = median(each[""] for each in taken)
    return [
        Import(name, seconds, seconds / alone, has_bar=name in ROUTES)
        for name in FUNCTIONS
        for seconds in [median(each[name] for each in taken)]
    ]


def _seconds(code: str) -> float:
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", TIMED.format(code=code)], check=True, capture_output=True, text=True
    )
    return float(done.stdout)
