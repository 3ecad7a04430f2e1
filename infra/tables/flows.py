"""The table of flows: their texts, revisions and plans."""

from infra.declarations import Table

TABLE = Table(partition="pk", sort="sk")
