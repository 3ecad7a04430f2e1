"""The table of executions: one partition each, with its segments and task runs."""

from infra.declarations import Index, Table

TABLE = Table(
    partition="pk",
    sort="sk",
    expires="expiresAt",
    indexes=(
        Index(name="recent", partition="recentOf", sort="id"),
        Index(name="by-flow", partition="flowOf", sort="id"),
        Index(name="by-correlation", partition="correlationOf", sort="id"),
        Index(name="by-origin", partition="originOf", sort="id", carries=("retryOf",)),
        Index(name="open", partition="openShard", sort="checkAt", carries=("flowId",)),
    ),
)
