"""Everything that `kv` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "dynamodb:DeleteItem": {"KvTable"},
    "dynamodb:GetItem": {"KvTable"},
    "dynamodb:PutItem": {"KvTable"},
    "dynamodb:Query": {"KvTable"},
}
