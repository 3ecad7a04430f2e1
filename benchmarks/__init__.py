"""What an execution costs, counted: run by `make bench`."""
