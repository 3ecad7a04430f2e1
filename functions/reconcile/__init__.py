"""The function that repairs: it checks open executions, on a schedule and at ends of runs."""
