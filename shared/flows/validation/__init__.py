"""The rules of the flow language, one module for each part of a flow.

Called when a flow is saved or checked; reports all errors at once, each with its place.
See ADR 9 (YAML with positions) and ADR 17 (refuse what cannot run yet).
"""
