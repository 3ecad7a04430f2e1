"""Plans: compiled from definitions, kept with their revisions, drawn as graphs and as ASL.

Called when a flow is saved, and by each turn of the runner.
See ADR 1 (a compiler) and ADR 19 (one machine for every flow).
"""
