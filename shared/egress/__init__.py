"""HTTP to the outside: `guard` decides which addresses are allowed, `client` connects to them.

Called by the `http` plugins; the only way out of a flow.
See ADR 16 (egress guard).
"""
