"""Task types: a manifest that describes each, and the function that does its work.

A plugin's path is its id: `transform.hash` is `transform/hash.py`. `registry` finds them.
Called by validation and by `executions/tasks`; families do not know each other.
"""
