"""What the table-driven tests over all routes know of single ones."""

MAKES_WHAT_IT_NAMES = {
    "PUT /api/v1/namespaces/{name}",
    "PUT /api/v1/flows/by-name/{namespace}/{name}",
    "GET /api/v1/kv/{namespace}",
    "PUT /api/v1/kv/{namespace}/{key}",
}
"""Routes that name what each tenant may have or make for itself: to nobody is it unknown."""
