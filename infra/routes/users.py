"""The routes of `users`."""

ROUTES = (
    "GET /api/v1/me",
    "GET /api/v1/people",
    "GET /api/v1/users",
    "GET /api/v1/users/{username}",
    "PUT /api/v1/users/{username}",
    "POST /api/v1/users/{username}/password",
)
