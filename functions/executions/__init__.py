"""The function of /executions: starts, views, cancels, retries, bulk operations."""
