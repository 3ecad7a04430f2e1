"""Who calls: the principal behind a request, an execution or a worker.

Called by the HTTP edge, which makes the principal of each request; services take what they need.
Until there are users, one local principal may do everything (ADR 10).
"""
