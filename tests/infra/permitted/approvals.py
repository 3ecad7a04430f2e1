"""Everything that `approvals` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "dynamodb:BatchGetItem": {"ApprovalsTable"},
    "dynamodb:DeleteItem": {"IdempotencyTable"},
    "dynamodb:GetItem": {"ApprovalsTable"},
    "dynamodb:PutItem": {"IdempotencyTable"},
    "dynamodb:Query": {"ApprovalsTable/index/recent"},
    "dynamodb:UpdateItem": {"ApprovalsTable", "ExecutionsTable", "IdempotencyTable"},
    "states:SendTaskSuccess": {"OneSegment"},
}
