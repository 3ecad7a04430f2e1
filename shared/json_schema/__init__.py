"""JSON Schema as the platform checks, explains and builds it.

Called by plugins and by the validation of flows; knows no noun.
See ADR 2 (runtime dependencies).
"""
