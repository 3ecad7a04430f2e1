"""The routes of `approvals`."""

ROUTES = (
    "GET /api/v1/approvals",
    "GET /api/v1/approvals/{approval_id}",
    "POST /api/v1/approvals/{approval_id}/approve",
    "POST /api/v1/approvals/{approval_id}/reject",
)
