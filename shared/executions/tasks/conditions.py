"""The `when` of a task: the condition under which it runs."""

from shared.expressions import Scope, is_true, parse_expression
from shared.flows.language.definition import TaskDefinition


def is_wanted(task: TaskDefinition, scope: Scope) -> bool:
    """Tell whether the task's own condition holds; raises TemplateError."""
    if isinstance(task.when, str):
        return is_true(parse_expression(task.when).evaluate(scope, "when"))
    return task.when is None or task.when
