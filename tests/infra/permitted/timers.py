"""Everything that `timers` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "dynamodb:GetItem": {"ExecutionsTable"},
    "dynamodb:UpdateItem": {"ExecutionsTable"},
    "sqs:ChangeMessageVisibility": {"TimersQueue"},
    "sqs:DeleteMessage": {"TimersQueue"},
    "sqs:GetQueueAttributes": {"TimersQueue"},
    "sqs:ReceiveMessage": {"TimersQueue"},
    "states:SendTaskSuccess": {"OneSegment"},
}
