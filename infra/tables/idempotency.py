"""The table of idempotency keys: who claimed one, and what was answered."""

from infra.declarations import Table

TABLE = Table(partition="id", expires="expiresAt")
