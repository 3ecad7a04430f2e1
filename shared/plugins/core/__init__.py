"""Task types whose ids begin with `core.`, each in the module of its id.

What belongs to the language itself: `core.set`.
"""
