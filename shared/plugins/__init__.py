"""Task types: a manifest that describes each, and the function that does its work."""
