"""Calls that bring the runner back: runs of Step Functions, timers in a queue, wake-ups by token.

Called by `lifecycle`, `engine`, `bulk` and whoever decides outside (approvals, children).
See ADR 19 (one machine for every flow) and ADR 21 (people and timers).
"""
