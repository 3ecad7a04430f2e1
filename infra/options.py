"""The options of a synthesis: the stage, where it will run, for which platform and Python."""

import platform as this_machine
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from infra.throttles import Rates

STAGES = ("dev", "prod")
TARGETS = ("aws", "local")
AUTHS = ("on", "off")
BOOTSTRAPS = ("closed", "open")
NATIVE = "native"
DEFAULT_RATES = Rates()
_RETENTION = re.compile(r"(\*|[a-z0-9][a-z0-9._-]*)=[1-9][0-9]*[wdhms]")


class InvalidOptionsError(ValueError):
    """A combination that must not become a template; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The parameters of one synthesis.

    `platform` is a target of `uv pip install --python-platform` (or `native`, this machine's),
    `python` a version such as `3.13`, `egress_allow` the runner's `HEADRACE_EGRESS_ALLOW`,
    `egress_deny` its `HEADRACE_EGRESS_DENY`, `retention` how long executions are kept, by
    namespace: `billing=365d,*=90d`, `runners` how many turns of executions run at once: as many as
    the account allows, unless it is said. `bootstrap=open` lets the first user of an empty stack in
    without a token, as its admin; `rates` say how often the API may be called.
    """

    stage: str = "dev"
    target: str = "aws"
    auth: str = "on"
    bootstrap: str = "closed"
    platform: str = "aarch64-manylinux_2_28"
    python: str = "3.13"
    egress_allow: str = ""
    egress_deny: str = ""
    retention: str = ""
    runners: int | None = None
    rates: Rates = DEFAULT_RATES

    def __post_init__(self) -> None:
        _one_of("stage", self.stage, STAGES)
        _one_of("target", self.target, TARGETS)
        _one_of("auth", self.auth, AUTHS)
        _one_of("bootstrap", self.bootstrap, BOOTSTRAPS)
        if self.auth == "off" and self.target != "local":
            raise InvalidOptionsError(
                "auth=off opens every route to everybody: only target=local may ask for it"
            )
        if self.bootstrap == "open" and self.is_production:
            raise InvalidOptionsError(
                "bootstrap=open makes whoever comes first an admin: not with stage=prod"
            )
        wrong = [rule for rule in _rules(self.retention) if not _RETENTION.fullmatch(rule)]
        if wrong:
            raise InvalidOptionsError(
                f"retention: {wrong[0]!r} is no namespace=duration, as billing=365d"
            )

    @property
    def is_production(self) -> bool:
        return self.stage != "dev"

    @property
    def architecture(self) -> str:
        """Lambda's name of the processor: `arm64` or `x86_64`."""
        processor = this_machine.machine() if self.platform == NATIVE else self.platform
        return "arm64" if processor.startswith(("aarch64", "arm64")) else "x86_64"

    @classmethod
    def from_context(cls, context: Mapping[str, str | None]) -> "Options":
        """Read `-c name=value` pairs; what the target implies need not be said."""
        implied = LOCAL if context.get("target") == "local" else {}
        given = {name: value for name, value in context.items() if value}
        counts = {name: _count(name, given.pop(name, None)) for name in COUNTS}
        runners = counts.pop("runners")
        rates = {RATES[name]: count for name, count in counts.items() if count is not None}
        return cls(**{**implied, **given}, runners=runners, rates=Rates(**rates))


LOCAL = {
    "target": "local",
    "platform": NATIVE,
    "python": f"{sys.version_info.major}.{sys.version_info.minor}",
}


RATES = {
    "rate": "rest",
    "rate_login": "login",
    "rate_starts": "starts",
    "rate_documents": "documents",
}
"""The options of a rate, and what `Rates` calls them."""
COUNTS = ("runners", *RATES)


def _rules(text: str) -> list[str]:
    return [rule.strip() for rule in text.split(",")] if text else []


def _count(name: str, text: str | None) -> int | None:
    if text is not None and not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise InvalidOptionsError(f"{name}={text}: expected a whole number from 1")
    return None if text is None else int(text)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidOptionsError(f"{name}={value}: expected one of {', '.join(allowed)}")
