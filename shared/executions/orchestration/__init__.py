"""What calls the runner again: Step Functions, and the queue of timers.

Called by `lifecycle`, `engine` and whoever decides outside (approvals, children).
See ADR 19 (one machine for every flow) and ADR 21 (people and timers).
"""
