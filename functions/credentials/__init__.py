"""The function of /credentials: it seals what comes in, and can open nothing."""
