"""Everything that `runner` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "dynamodb:BatchGetItem": {"CredentialsTable", "ExecutionsTable"},
    "dynamodb:BatchWriteItem": {"ExecutionsTable"},
    "dynamodb:DeleteItem": {"ExecutionsTable", "KvTable"},
    "dynamodb:GetItem": {
        "ApprovalsTable",
        "ExecutionsTable",
        "FlowsTable",
        "IdempotencyTable",
        "KvTable",
    },
    "dynamodb:PutItem": {"ApprovalsTable", "ExecutionsTable", "IdempotencyTable", "KvTable"},
    "dynamodb:Query": {
        "ExecutionsTable",
        "ExecutionsTable/index/by-correlation",
        "ExecutionsTable/index/by-flow",
        "ExecutionsTable/index/by-origin",
        "ExecutionsTable/index/open",
        "ExecutionsTable/index/recent",
        "KvTable",
    },
    "dynamodb:UpdateItem": {"ApprovalsTable", "CredentialsTable", "ExecutionsTable"},
    "kms:Decrypt": {"SecretsKey"},
    "sqs:SendMessage": {"TimersQueue"},
    "s3:GetObject": {"Payloads/executions/*"},
    "s3:ListBucket": {"Payloads"},
    "s3:PutObject": {"Payloads/executions/*"},
    "s3:PutObjectTagging": {"Payloads/executions/*"},
    "states:SendTaskSuccess": {"OneSegment"},
    "states:StartExecution": {"OneSegment"},
    "states:StopExecution": {"OneSegment:*"},
}
