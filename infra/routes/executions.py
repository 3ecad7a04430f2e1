"""The routes of `executions`: starts under their flow, and everything under /executions."""

ROUTES = (
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
)
