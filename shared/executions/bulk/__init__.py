"""Operations on many executions at once, each an execution of its own.

Called by `functions/executions` (cancel, retry) and `functions/flows` (deleting a flow).
See ADR 22 (bulk operations are executions).
"""
