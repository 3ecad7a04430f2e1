"""Credentials: named secrets of a namespace or of all, which flows read as `${NAME}`.

Called by the function of /credentials (`service`), and by the runner (`resolver`), which alone
reads values. `values` says what a value may be. See ADR 34 (sealing).
"""
