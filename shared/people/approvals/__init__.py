"""Approvals: what a gate asks of people, what they decide, and how that wakes its execution.

Called by `functions/approvals`; `gate` is the task type behind `flow.gate`, called by the runner.
See ADR 21 (people and timers).
"""
