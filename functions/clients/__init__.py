"""The function of /clients, and of the sweep of what their secrets left at the pool."""
