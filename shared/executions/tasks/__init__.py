"""The run of one task: its scope, its condition, its attempts in threads, its outcome.

Called by `engine`; `durable` declares what a task that ends outside must offer.
See ADR 13 (stable task keys) and ADR 18 (repeatable now and uuid).
"""
