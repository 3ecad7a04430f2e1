"""The writer of tables in `docs/` that say who may do what: functions, and kinds of secrets."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from infra.permissions import permissions_of
from infra.secret_kinds import SECRET_KINDS, Right
from infra.synthesis import TEMPLATE, assembly, without_dependencies

DOCS: Final = Path(__file__).parents[1] / "docs"
GUIDE: Final = DOCS / "operating.md"
PERMISSIONS: Final = DOCS / "permissions.md"
_SECRETS: Final = re.compile(r"^\| Kind of secret \|.*\n(?:\|.*\n)+", re.MULTILINE)
_ROLES: Final = re.compile(r"^\| Role of \|.*\n(?:\|.*\n)*", re.MULTILINE)


def written(guide: str) -> str:
    """Return the guide with its table as `secret_kinds` has it."""
    return _SECRETS.sub(lambda _: secrets_table(), guide)


def secrets_table() -> str:
    """Return which functions seal and open each kind of secret, as a table of Markdown."""
    rows = (
        f"| `{kind}` | {_having(kind, Right.SEAL)} | {_having(kind, Right.OPEN)} |"
        for kind in SECRET_KINDS
    )
    return "\n".join(("| Kind of secret | Sealed by | Opened by |", "|---|---|---|", *rows, ""))


def with_permissions(page: str, resources: Mapping[str, Any]) -> str:
    """Return the page of permissions with its table as a template's resources have them."""
    table = "\n".join(("| Role of | On | May |", "|---|---|---|", *_rows(resources), ""))
    return _ROLES.sub(lambda _: table, page)


def _rows(resources: Mapping[str, Any]) -> Iterator[str]:
    for role, actions in sorted(permissions_of(resources).items()):
        by_resource = defaultdict(list)
        for action, names in sorted(actions.items()):
            for name in names:
                by_resource[name].append(action)
        shown = f"`{role.removesuffix('Role')}`"
        for name, allowed in sorted(by_resource.items()):
            yield f"| {shown} | `{name}` | {', '.join(allowed)} |"
            shown = ""


def _having(kind: str, right: Right) -> str:
    return ", ".join(name for name, rights in SECRET_KINDS[kind].items() if right in rights)


def _write() -> None:
    GUIDE.write_text(written(GUIDE.read_text("utf-8")), "utf-8")
    made = assembly(target="aws", layer=str(without_dependencies()))
    resources = json.loads((made / TEMPLATE).read_text("utf-8"))["Resources"]
    PERMISSIONS.write_text(with_permissions(PERMISSIONS.read_text("utf-8"), resources), "utf-8")


if __name__ == "__main__":
    _write()
