"""The decision what may be done next: scheduler, tree of tasks, containers, retries, reuse. Pure.

Called by `engine` each time something has settled, by `views`, and by a retry for what it keeps.
See ADR 15 (skips) and ADR 23 (container attempts).
"""
