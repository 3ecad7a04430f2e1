"""Users and logins: rows of ours beside a pool of Cognito's, which keeps the passwords.

`functions/users` and `functions/auth` call `service`, `logins` and `tenants`; `pool` is the only
module that calls Cognito. See ADR 35 (rows of ours beside Cognito's).
"""
