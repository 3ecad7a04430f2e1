"""The routes of `credentials`."""

ROUTES = (
    "GET /api/v1/credentials",
    "POST /api/v1/credentials",
    "GET /api/v1/credentials/{credential_id}",
    "PUT /api/v1/credentials/{credential_id}",
    "DELETE /api/v1/credentials/{credential_id}",
)
