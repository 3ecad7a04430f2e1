"""Machine clients: rows of ours, secrets of ours, and a user of the pool behind each secret.

`functions/clients` calls `service` and `sweep`, `functions/auth` calls `tokens`; `sealing` is what
makes of a secret the password of a user of the pool. See ADR 36 (machine clients).
"""
