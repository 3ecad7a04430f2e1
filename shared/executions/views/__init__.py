"""Executions as clients read them: details, task lists, logs, results.

Called by `functions/executions`; bounded by the size of an answer.
See ADR 14 (lists from keys-only indexes).
"""
