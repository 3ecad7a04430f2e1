"""The function that runs executions: Step Functions calls it once for each turn."""
