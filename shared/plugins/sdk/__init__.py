"""The parts that plugins are made of: manifests, values, numbers, paths, lists of items.

Called by every plugin family; imports no family and no noun.
"""
