"""Everything that `reconcile` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "dynamodb:DeleteItem": {"ExecutionsTable"},
    "dynamodb:GetItem": {"ExecutionsTable"},
    "dynamodb:Query": {"ExecutionsTable", "ExecutionsTable/index/open"},
    "dynamodb:UpdateItem": {"ExecutionsTable"},
    "states:DescribeExecution": {"OneSegment:*"},
    "states:SendTaskSuccess": {"OneSegment"},
    "states:StartExecution": {"OneSegment"},
    "states:StopExecution": {"OneSegment:*"},
}
