"""The root names that an expression may know, and where the loops and error chains add theirs."""

ROOTS = frozenset(
    {"outputs", "inputs", "vars", "trigger", "execution", "flow", "task", "labels"}
    | {"item", "index", "key", "loops", "acc", "error"}
)
