"""The text of a flow, read with the place (path, line, column) of everything in it.

Called by `validation` and by the flow service, before anything is stored.
See ADR 9 (YAML with positions).
"""
