"""The function of /users, /people and /me, of the sweep, and of operators who make tenants."""
