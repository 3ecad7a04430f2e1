"""The routes of `auth`, at the root of the API."""

ROUTES = (
    "POST /auth/login",
    "POST /auth/refresh",
    "POST /auth/token",
    "POST /auth/logout",
    "POST /auth/register",
)

OPEN = ("POST /auth/login", "POST /auth/refresh", "POST /auth/token")
