"""A flow's result: its `outputs`, rendered once every task is settled."""

from collections.abc import Mapping
from typing import Any

from shared.executions.task_runs import Failure
from shared.executions.tasks.outcomes import MAX_OUTPUT_BYTES, failure_of
from shared.expressions import Scope, TemplateError, TemplateSyntaxError, render_tree
from shared.json_text import compact
from shared.masking import Masking


def flow_outputs(
    templates: Mapping[str, Any] | None, scope: Scope, masking: Masking
) -> tuple[dict[str, Any] | None, Failure | None]:
    """Return the rendered outputs, or the failure; both None for a flow that declares none.

    No secret is left in either.
    """
    if templates is None:
        return None, None
    try:
        outputs = masking.tree(
            {
                name: render_tree(value, scope, f"outputs.{name}")
                for name, value in templates.items()
            }
        )
    except (TemplateError, TemplateSyntaxError) as error:
        return None, failure_of(error, masking)
    size = len(compact(outputs).encode())
    if size > MAX_OUTPUT_BYTES:
        message = f"the flow's outputs take {size} bytes, {MAX_OUTPUT_BYTES} at most"
        return None, Failure(code="output_too_large", message=message)
    return outputs, None
