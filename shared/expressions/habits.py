"""Names that other engines know and this one does not: what to write here instead."""

import re
from collections.abc import Mapping
from typing import Final

_CREDENTIAL: Final = (
    "a stored credential is written ${NAME}, outside of {{ }}; a secret that a start gives is an "
    "input of type SECRET, inputs.NAME"
)
_ENVIRONMENT: Final = (
    "there is no environment: a stored credential is written ${NAME}, outside of {{ }}, what a "
    "start gives inputs.NAME, a constant vars.NAME"
)
_OUTPUTS: Final = "what a task gave is written outputs.NAME, how it ended tasks.NAME"
_INPUTS: Final = "what a start gives is written inputs.NAME"

_INSTEAD: Final[Mapping[str, str]] = {
    **dict.fromkeys(("secrets", "secret", "credentials", "credential"), _CREDENTIAL),
    **dict.fromkeys(("env", "envs", "environment", "getenv"), _ENVIRONMENT),
    **dict.fromkeys(("steps", "step", "nodes", "node", "needs", "jobs", "result"), _OUTPUTS),
    **dict.fromkeys(("input", "params", "parameters", "args"), _INPUTS),
}


_ROOT = re.compile(r"\$[\w.(\[]")


def instead_of(name: str) -> str:
    """Say what is written here for a root or function of another engine; empty for others."""
    return f": {_INSTEAD[name]}" if name in _INSTEAD else ""


def instead_of_dollar(source: str) -> str:
    """Say what is written here for `$json`, `$.a` and the like; `source` begins with the `$`."""
    if source.startswith("${"):
        return ": a credential ${NAME} stands outside of {{ }}"
    if _ROOT.match(source):
        return ": data is read by name, as outputs.NAME, inputs.NAME or, in loops, item"
    return ""
