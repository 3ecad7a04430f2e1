"""The table of keys: their values, large ones apart, and what attempts have counted."""

from infra.declarations import Table

TABLE = Table(partition="pk", sort="sk", expires="removeAt")
