"""Principals: who is behind a request, an execution or a worker, for which tenant, in which role.

Called by the HTTP edge, which makes the principal of each request; services take what they need.
Until there are users, one local principal may do everything. See ADR 26 (a principal at the edge).
"""
