"""An execution's way from request to end: start, concurrency, cancel, retry, tests, children.

Called by `functions/executions` and `functions/reconcile`; `reconciler` mends what got stuck.
See ADR 5 (starting), ADR 6 (ending and resuming) and ADR 20 (slots).
"""
