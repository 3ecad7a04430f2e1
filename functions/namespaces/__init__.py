"""The function of /namespaces."""
