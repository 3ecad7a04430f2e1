"""The routes of the HTTP API, by the function that serves them: the only list there is."""

DEFAULT_ROUTE = "$default"

ROUTES: dict[str, tuple[str, ...]] = {
    "flows": (
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
    ),
    "executions": (
        "POST /api/v1/flows/{flow_id}/execute",
        "POST /api/v1/flows/{flow_id}/test",
        "GET /api/v1/executions",
        "POST /api/v1/executions",
        "POST /api/v1/executions/cancel",
        "POST /api/v1/executions/retry",
        "GET /api/v1/executions/{execution_id}",
        "GET /api/v1/executions/{execution_id}/tasks",
        "GET /api/v1/executions/{execution_id}/results",
        "GET /api/v1/executions/{execution_id}/logs",
        "POST /api/v1/executions/{execution_id}/cancel",
        "POST /api/v1/executions/{execution_id}/retry",
    ),
    "approvals": (
        "GET /api/v1/approvals",
        "GET /api/v1/approvals/{approval_id}",
        "POST /api/v1/approvals/{approval_id}/approve",
        "POST /api/v1/approvals/{approval_id}/reject",
    ),
    "plugins": (
        "GET /api/v1/plugins",
        "GET /api/v1/plugins/categories",
        "GET /api/v1/plugins/{plugin_id}",
    ),
    "health": (
        "GET /healthz",
        "GET /readyz",
        "GET /openapi.json",
        DEFAULT_ROUTE,
    ),
}
