"""The function behind the queue of timers: it wakes executions that something is due in."""
