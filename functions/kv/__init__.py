"""The function of /kv: keys and their values."""
