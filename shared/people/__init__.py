"""People in the loop: what is asked of them, and what they decide.

Today `approvals`; called by `functions/approvals` and, for gates, by the runner.
See ADR 21 (people and timers).
"""
