"""The tables, one module each: a noun's own, and those that several functions write to."""

from infra.collection import collected
from infra.declarations import Table

TABLES = collected(__name__, __path__, "TABLE", Table)
"""The tables by noun: `flows` is `FlowsTable`, whose name functions have as FLOWS_TABLE_NAME."""
