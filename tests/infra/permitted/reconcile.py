"""Everything that `reconcile` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "dynamodb:DeleteItem": {"ExecutionsTable"},
    "dynamodb:GetItem": {"ExecutionsTable"},
    "dynamodb:Query": {"ExecutionsTable", "ExecutionsTable/index/open"},
    "dynamodb:UpdateItem": {"ExecutionsTable"},
    "s3:ListBucket": {"Payloads"},
    "s3:PutObjectTagging": {"Payloads/executions/*"},
    "states:DescribeExecution": {"OneSegment:*"},
    "states:SendTaskSuccess": {"OneSegment"},
    "states:StartExecution": {"OneSegment"},
    "states:StopExecution": {"OneSegment:*"},
}
