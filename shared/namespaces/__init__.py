"""Namespaces: what the flows of a name have in common, retention and variables.

`service` serves the routes; starts ask `repository` for the settings, turns ask `variables` for the
values (ADR 40).
"""
