"""The life of every noun of the product; nothing here knows which function calls it."""
