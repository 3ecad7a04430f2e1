"""Executions: starting, running a segment, recording, ending, reconciling, reading."""
