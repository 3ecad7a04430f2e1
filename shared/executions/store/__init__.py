"""Executions in DynamoDB and S3: items, conditions, indexes, slots, snapshots, payloads.

Called by every other room of `executions`; owns the keys of the executions table.
See ADR 7 (three tables), ADR 14 (lists) and ADR 20 (slots).
"""
