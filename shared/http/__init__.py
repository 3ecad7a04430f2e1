"""The HTTP edge: the app, strict bodies, headers, problems, paging and the OpenAPI document.

Called by the handlers in `functions/` only; nothing in `shared` imports it.
See ADR 10 (HTTP API), ADR 24 (responses stored with their effects) and ADR 26 (a principal).
"""
