"""Templates over JSON values: parsed by Jinja2, evaluated by a tree walk that has no door.

Jinja2 never renders anything here. Its tree is converted into ours, in which attribute access is
key access, only listed functions, filters and tests exist, and each operator checks the size of
its result before it builds it.
"""

from shared.expressions.errors import TakesTooLongError, TemplateError, TemplateSyntaxError
from shared.expressions.habits import NO_CREDENTIALS, instead_of
from shared.expressions.limits import Budget
from shared.expressions.roots import ROOTS, TASK_ROOTS
from shared.expressions.scope import Scope
from shared.expressions.template import (
    Expression,
    References,
    Template,
    parse_expression,
    parse_template,
    references,
    render_tree,
)
from shared.expressions.values import Json, is_true
from shared.expressions.variables import LazyVariables

__all__ = [
    "NO_CREDENTIALS",
    "ROOTS",
    "TASK_ROOTS",
    "Budget",
    "Expression",
    "Json",
    "LazyVariables",
    "References",
    "Scope",
    "TakesTooLongError",
    "Template",
    "TemplateError",
    "TemplateSyntaxError",
    "instead_of",
    "is_true",
    "parse_expression",
    "parse_template",
    "references",
    "render_tree",
]
