"""What is done to many executions at once, as an execution of its own."""
