"""Flows: models, items and repository, the service behind `/flows`, records and lists.

Rooms: `source` (text with places), `language` (definitions), `validation`, `plans`.
Called by `functions/flows`, `functions/executions`, the runner. See ADR 7, 9 and 17.
"""
