"""The function of /plugins: the catalog of task types."""
