"""The flow language as data: definitions, coercion of inputs, dependencies between tasks.

Called by validation, plans and executions; pure.
See ADR 1 (Step Functions with a compiler).
"""
