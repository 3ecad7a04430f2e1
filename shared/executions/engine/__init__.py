"""One turn of the runner: enter a segment, run what can run, record it, answer what comes next.

Called by `functions/runner`; `runner` is the door, `turn` the loop, `recorder` the fenced writes.
See ADR 3 (segments), ADR 4 (fencing) and ADR 6 (ending and resuming).
"""
