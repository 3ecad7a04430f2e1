"""Everything that `users` may do: actions, and for each the resources' short names."""

PERMITTED = {
    "cognito-idp:AdminAddUserToGroup": {"Pool"},
    "cognito-idp:AdminCreateUser": {"Pool"},
    "cognito-idp:AdminDeleteUser": {"Pool"},
    "cognito-idp:AdminDisableUser": {"Pool"},
    "cognito-idp:AdminEnableUser": {"Pool"},
    "cognito-idp:AdminInitiateAuth": {"Pool"},
    "cognito-idp:AdminListGroupsForUser": {"Pool"},
    "cognito-idp:AdminRemoveUserFromGroup": {"Pool"},
    "cognito-idp:AdminSetUserPassword": {"Pool"},
    "cognito-idp:AdminUserGlobalSignOut": {"Pool"},
    "cognito-idp:CreateGroup": {"Pool"},
    "dynamodb:BatchGetItem": {"UsersTable"},
    "dynamodb:DeleteItem": {"IdempotencyTable", "UsersTable"},
    "dynamodb:GetItem": {"UsersTable"},
    "dynamodb:PutItem": {"IdempotencyTable", "UsersTable"},
    "dynamodb:Query": {"UsersTable"},
    "dynamodb:UpdateItem": {"IdempotencyTable", "UsersTable"},
}
