"""Idempotency keys: fingerprints, claims of starts, and responses stored with their effects.

Called by `http/idempotency` and by the services whose transactions carry a response.
See ADR 5 (starting) and ADR 24 (responses stored with their effects).
"""
