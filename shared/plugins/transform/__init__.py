"""Task types whose ids begin with `transform.`, each in the module of its id.

Pure functions over values and lists: CSV, hashes, filters, sorting.
"""
