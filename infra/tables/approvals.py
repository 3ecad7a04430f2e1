"""The table of approvals: what gates ask, and what was decided."""

from infra.declarations import Index, Table

TABLE = Table(
    partition="pk",
    expires="removeAt",
    indexes=(Index(name="recent", partition="recentOf", sort="id"),),
)
