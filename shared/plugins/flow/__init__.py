"""Task types whose ids begin with `flow.`, each in the module of its id.

`control` holds the manifests of what the engine runs itself; the others run like any plugin.
"""
