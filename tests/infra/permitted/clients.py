"""Everything that `clients` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "cognito-idp:AdminAddUserToGroup": {"Pool"},
    "cognito-idp:AdminCreateUser": {"Pool"},
    "cognito-idp:AdminDeleteUser": {"Pool"},
    "cognito-idp:AdminListGroupsForUser": {"Pool"},
    "cognito-idp:AdminSetUserPassword": {"Pool"},
    "cognito-idp:CreateGroup": {"Pool"},
    "dynamodb:DeleteItem": {"IdempotencyTable", "UsersTable"},
    "dynamodb:GetItem": {"UsersTable"},
    "dynamodb:PutItem": {"IdempotencyTable", "UsersTable"},
    "dynamodb:Query": {"UsersTable"},
    "dynamodb:UpdateItem": {"IdempotencyTable", "UsersTable"},
}
