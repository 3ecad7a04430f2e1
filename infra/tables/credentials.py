"""The table of credentials: what is shown of them, and their sealed values."""

from infra.declarations import Table

TABLE = Table(partition="pk", sort="sk")
