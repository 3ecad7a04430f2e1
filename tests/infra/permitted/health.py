"""Everything that `health` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "dynamodb:GetItem": {"FlowsTable"},
}
