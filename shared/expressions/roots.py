"""The root names that an expression may know, and where the loops and error chains add theirs."""

TASK_ROOTS = frozenset({"outputs", "tasks"})
"""The roots whose members are tasks: whoever reads one comes after it."""

ROOTS = frozenset(
    {"outputs", "tasks", "inputs", "vars", "trigger", "execution", "flow", "task", "labels"}
    | {"item", "index", "key", "loops", "acc", "error"}
)
