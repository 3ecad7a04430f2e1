"""The routes of `flows`."""

ROUTES = (
    "GET /api/v1/flows",
    "POST /api/v1/flows",
    "POST /api/v1/flows/validate",
    "GET /api/v1/flows/{flow_id}",
    "GET /api/v1/flows/{flow_id}/graph",
    "GET /api/v1/flows/{flow_id}/state-machine",
    "PUT /api/v1/flows/{flow_id}",
    "DELETE /api/v1/flows/{flow_id}",
    "POST /api/v1/flows/{flow_id}/activate",
    "POST /api/v1/flows/{flow_id}/deactivate",
    "POST /api/v1/flows/{flow_id}/draft",
    "POST /api/v1/flows/import",
    "PUT /api/v1/flows/by-name/{namespace}/{name}",
    "POST /api/v1/flows/{flow_id}/clone",
    "GET /api/v1/flows/{flow_id}/export",
    "GET /api/v1/flows/{flow_id}/revisions",
    "GET /api/v1/flows/{flow_id}/revisions/{revision}",
    "GET /api/v1/flows/{flow_id}/revisions/{revision}/diff",
    "POST /api/v1/flows/{flow_id}/revisions/{revision}/restore",
)
