"""Flows: their text, their rules, their graph, their plan, and where they are kept."""
