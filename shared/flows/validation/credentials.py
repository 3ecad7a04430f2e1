"""The rules for credentials: those that a text names, and what only looks like the name of one."""

import re
from collections.abc import Callable
from typing import Final

from shared.expressions import References
from shared.flows.source.report import Spot
from shared.flows.validation.fields import shorten

_LOOKS: Final = re.compile(r"(?<!\$)\$\{([A-Za-z_][\w-]*)((?:\.[^{}\s]*)?)\}")
_NAME: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
_FIELD: Final = re.compile(r"(?:\.[A-Za-z0-9_-]+)?")


def check_credentials(spot: Spot, found: References, is_known: Callable[[str], bool]) -> None:
    """Warn of credentials that are not stored, and of what names one and yet stays text."""
    for name in sorted(found.credentials):
        if not is_known(name):
            spot.warn(f'credential "{name}" not found', offset=spot.value.find("${" + name))
    for looks in _LOOKS.finditer(spot.value):
        name, rest = looks.groups()
        meant = name.upper().replace("-", "_")
        is_one = _NAME.fullmatch(name) and _FIELD.fullmatch(rest)
        if not is_one and not spot.report.is_full("warning") and is_known(meant):
            here = f"the credential is written ${{{meant}}}, its field ${{{meant}.field}}"
            spot.warn(f'"{shorten(looks[0])}" stays text: {here}', offset=looks.start())
