"""Task types whose ids begin with `http.`, each in the module of its id.

`request` is the plugin; `call`, `exchange` and `response` are its parts, over `shared/egress`.
"""
