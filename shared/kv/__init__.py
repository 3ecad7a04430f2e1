"""Key-value store: what flows and clients remember, by namespace and key.

Called by `functions/kv`; `task_type` is what the runner calls: `core.kv`, and what `kv()` reads in
templates. See ADR 33 (keys).
"""
