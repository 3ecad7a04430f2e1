"""The function of /approvals: what gates ask, and decisions on them."""
