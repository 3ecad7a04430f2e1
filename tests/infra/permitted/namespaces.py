"""Everything that `namespaces` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "dynamodb:BatchGetItem": {"FlowsTable"},
    "dynamodb:DeleteItem": {"FlowsTable"},
    "dynamodb:GetItem": {"FlowsTable"},
    "dynamodb:PutItem": {"FlowsTable"},
    "dynamodb:Query": {"CredentialsTable", "FlowsTable", "KvTable"},
}
