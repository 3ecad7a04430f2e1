"""An execution's way from request to end: start, concurrency, cancel, retry, tests, children.

`requests.accept` is the one way to start, `reconciler` mends what got stuck. Called by
`functions/executions`, `functions/reconcile` and the runner, for children and to hand a slot on.
See ADR 5 (starting), ADR 6 (ending and resuming) and ADR 20 (slots).
"""
