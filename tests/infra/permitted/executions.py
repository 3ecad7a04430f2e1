"""Everything that `executions` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "dynamodb:BatchGetItem": {"ExecutionsTable"},
    "dynamodb:BatchWriteItem": {"ExecutionsTable"},
    "dynamodb:DeleteItem": {"ExecutionsTable", "IdempotencyTable"},
    "dynamodb:GetItem": {"ExecutionsTable", "FlowsTable", "IdempotencyTable"},
    "dynamodb:PutItem": {"ExecutionsTable", "IdempotencyTable"},
    "dynamodb:Query": {
        "ExecutionsTable",
        "ExecutionsTable/index/by-correlation",
        "ExecutionsTable/index/by-flow",
        "ExecutionsTable/index/by-origin",
        "ExecutionsTable/index/recent",
    },
    "dynamodb:UpdateItem": {"ExecutionsTable", "IdempotencyTable"},
    "kms:GenerateDataKey": {"SecretsKey"},
    "s3:GetObject": {"Payloads/executions/*", "Payloads/results/*"},
    "s3:ListBucket": {"Payloads"},
    "s3:PutObject": {"Payloads/executions/*", "Payloads/results/*"},
    "s3:PutObjectTagging": {"Payloads/executions/*"},
    "states:SendTaskSuccess": {"OneSegment"},
    "states:StartExecution": {"OneSegment"},
    "states:StopExecution": {"OneSegment:*"},
}
