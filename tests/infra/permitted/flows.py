"""Everything that `flows` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "dynamodb:BatchGetItem": {"FlowsTable"},
    "dynamodb:DeleteItem": {"FlowsTable", "IdempotencyTable"},
    "dynamodb:GetItem": {"FlowsTable"},
    "dynamodb:PutItem": {"ExecutionsTable", "FlowsTable", "IdempotencyTable"},
    "dynamodb:Query": {"CredentialsTable", "ExecutionsTable/index/open", "FlowsTable"},
    "dynamodb:UpdateItem": {"FlowsTable", "IdempotencyTable"},
    "states:StartExecution": {"OneSegment"},
}
