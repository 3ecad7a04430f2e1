"""The writer of tables in `docs/` that say what code says: properties of tasks, roles of routes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shared.auth.policy import POLICY, Access
from shared.plugins.reference import Row, property_rows
from shared.plugins.registry import available_plugins

DOCS: Final = Path(__file__).parents[1] / "docs"
GUIDE: Final = DOCS / "flow-language.md"
ROLES: Final = DOCS / "roles.md"
_TABLE: Final = re.compile(r"^\| Plugin \| Property \|.*\n(?:\|.*\n)+", re.MULTILINE)

_MATRIX: Final = re.compile(r"^\| Route \| Role \|\n(?:\|.*\n)+", re.MULTILINE)


def written(guide: str) -> str:
    """Return the guide with its table of properties as the manifests have them."""
    return _TABLE.sub(lambda _: properties_table(), guide)


def properties_table() -> str:
    """Return the properties of each task type that can run, as a table of Markdown."""
    return "\n".join(
        ("| Plugin | Property | Type | Default | Meaning |", "|---|---|---|---|---|", *_rows(), "")
    )


def _rows() -> Iterator[str]:
    for plugin in available_plugins():
        name = f"`{plugin.manifest.id}`"
        for row in property_rows(plugin.manifest) or [_NO_ROW]:
            yield f"| {name} | {' | '.join(_cells(row))} |"
            name = ""


def _cells(row: Row) -> tuple[str, ...]:
    name = f"`{row.name}`" if row.name else "none"
    default = "required" if row.is_required else row.default and f"`{row.default}`"
    return tuple(text.replace("|", "\\|") for text in (name, row.kind, default, row.description))


_NO_ROW: Final = Row("", "", is_required=False, default="", description="")


def with_roles(page: str) -> str:
    """Return the page of roles with its table as the role matrix has it."""
    rows = (f"| `{route}` | {_role(access)} |" for route, access in POLICY.items())
    table = "\n".join(("| Route | Role |", "|---|---|", *rows, ""))
    return _MATRIX.sub(lambda _: table, page)


def _role(access: Access) -> str:
    return f"{access.least or 'none'}{'†' if access.theirs else ''}"


if __name__ == "__main__":
    GUIDE.write_text(written(GUIDE.read_text("utf-8")), "utf-8")
    ROLES.write_text(with_roles(ROLES.read_text("utf-8")), "utf-8")
