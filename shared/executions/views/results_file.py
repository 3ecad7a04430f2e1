"""Results that no answer holds, written as one file; outputs pass through as they were stored."""

import json
from collections.abc import Iterable, Iterator

from shared.executions.models import Execution
from shared.executions.store.payloads import PayloadStore, size_of
from shared.executions.task_runs import Stored, TaskRun


def results_size(execution: Execution, tasks: Iterable[TaskRun]) -> int:
    """Return about how many bytes the results take in an answer, which is a string in JSON."""
    final = execution.stored_outputs.size if execution.stored_outputs else 0
    if execution.outputs:
        final = len(json.dumps(json.dumps(execution.outputs)))
    return final + sum(_answered(run) for run in tasks)


def _answered(run: TaskRun) -> int:
    return len(json.dumps(run.outputs)) if run.outputs else size_of(run)


def store_results(payloads: PayloadStore, execution: Execution, tasks: Iterable[TaskRun]) -> Stored:
    """Write what `/results` answers into an object; ended executions give the same each time."""
    text = "".join(_written(payloads, execution, tasks))
    return payloads.put(f"results/{execution.tenant}/{execution.id}.json", text)


def _written(
    payloads: PayloadStore, execution: Execution, tasks: Iterable[TaskRun]
) -> Iterator[str]:
    # Outputs are spliced in as text: parsed, they would not fit into the function's memory.
    yield f'{{"executionId":"{execution.id}","status":"{execution.status.value}","stepResults":['
    comma = ""
    for run in tasks:
        fields = run.model_dump_json(by_alias=True, include=_STEP)
        outputs = payloads.get(run.stored) if run.stored else run.outputs
        yield f'{comma}{fields[:-1]},"outputs":{outputs or "null"}}}'
        comma = ","
    final = json.dumps(execution.outputs, ensure_ascii=False)
    if execution.stored_outputs:
        final = payloads.get(execution.stored_outputs)
    error = execution.error.model_dump_json(by_alias=True) if execution.error else "null"
    yield f'],"finalOutput":{final},"error":{error}}}'


_STEP = {
    *("task_name", "task_type", "status", "error"),
    *("started_at", "finished_at", "duration_ms"),
}
