"""The function of /flows: flows, their revisions, validation and plans."""
