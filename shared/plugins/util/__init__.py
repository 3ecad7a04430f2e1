"""Task types whose ids begin with `util.`, each in the module of its id.

Small pure functions over values: text, numbers, JSON, URLs, random values.
"""
