"""Executions: their vocabulary (models, task runs, limits, logs, secrets, filters).

Rooms: `lifecycle` (start, cancel, retry, reconcile), `engine` (one turn), `scheduling` (what may
run next), `tasks` (running one), `store` (DynamoDB, S3), `views`, `orchestration`, `bulk`.
See ADR 3 to 6.
"""
