"""The writer of the table in `docs/operating.md` that says who may open which secrets."""

import re
from pathlib import Path
from typing import Final

from infra.secret_kinds import SECRET_KINDS, Right

GUIDE: Final = Path(__file__).parents[1] / "docs" / "operating.md"
_TABLE: Final = re.compile(r"^\| Kind of secret \|.*\n(?:\|.*\n)+", re.MULTILINE)


def written(guide: str) -> str:
    """Return the guide with its table as `secret_kinds` has it."""
    return _TABLE.sub(lambda _: secrets_table(), guide)


def secrets_table() -> str:
    """Return which functions seal and open each kind of secret, as a table of Markdown."""
    rows = (
        f"| `{kind}` | {_having(kind, Right.SEAL)} | {_having(kind, Right.OPEN)} |"
        for kind in SECRET_KINDS
    )
    return "\n".join(("| Kind of secret | Sealed by | Opened by |", "|---|---|---|", *rows, ""))


def _having(kind: str, right: Right) -> str:
    return ", ".join(name for name, rights in SECRET_KINDS[kind].items() if right in rights)


if __name__ == "__main__":
    GUIDE.write_text(written(GUIDE.read_text("utf-8")), "utf-8")
