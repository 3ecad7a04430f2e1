"""What may run next: the scheduler, the tree of tasks, containers, retries, reuse.

Called by `engine` each time something has settled, and by `views`; pure.
See ADR 15 (skips) and ADR 23 (attempts of containers).
"""
