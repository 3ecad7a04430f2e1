"""Everything that `credentials` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "dynamodb:BatchGetItem": {"CredentialsTable"},
    "dynamodb:DeleteItem": {"CredentialsTable", "IdempotencyTable"},
    "dynamodb:GetItem": {"CredentialsTable", "FlowsTable"},
    "dynamodb:PutItem": {"CredentialsTable", "IdempotencyTable"},
    "dynamodb:Query": {"CredentialsTable", "FlowsTable"},
    "dynamodb:UpdateItem": {"CredentialsTable", "FlowsTable", "IdempotencyTable"},
    "kms:GenerateDataKey": {"SecretsKey"},
}
