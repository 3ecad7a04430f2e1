"""Secrets at rest: sealed under a fresh key of KMS each, opened for their owner alone.

Called by nouns that keep secrets (credentials); `sealing` seals, `envelope` lays out the bytes,
`data_keys` asks KMS. See ADR 34 (sealing).
"""
