"""The forms in which flows name people: `ana`, `role:editor`, `group:ops`."""

import re

from shared.auth.principal import Role

LADDER = (Role.PARTICIPANT, Role.VIEWER, Role.EXECUTOR, Role.EDITOR, Role.ADMIN)
"""The roles that may be named: of these each includes the ones before it."""

NAME_PATTERN = (
    rf"^(role:({'|'.join(LADDER)})|group:[A-Za-z0-9._@+-]{{1,100}}"
    r"|client:[A-Za-z0-9._-]{1,100}|[A-Za-z0-9._@+-]{1,100})$"
)
"""The forms of a name; written as JSON Schema takes it."""

_NAME = re.compile(NAME_PATTERN)


def is_name(text: str) -> bool:
    """Tell whether a text can name somebody."""
    return _NAME.fullmatch(text) is not None
