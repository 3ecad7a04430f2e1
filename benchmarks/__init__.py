"""The cost of executions, counted: run by `make bench`."""
