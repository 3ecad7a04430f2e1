"""Fields that other engines know and the flow language does not: what to write here instead."""

from collections.abc import Callable, Mapping
from typing import Final

_EACH: Final = "a task of type flow.foreach goes through a list"
_ROUNDS: Final = "a task of type flow.loop repeats its tasks until something holds"
_FAILED: Final = "what runs when the flow fails is the list errors, at the top of the flow"
_ALWAYS: Final = "what runs last, whatever happened, is the list finally, at the top of the flow"
_GO_ON: Final = "a failure that stops nothing is written allowFailure: true"
_REPEATS: Final = "write retry: {maxAttempts: 3, delay: 10s}"
_STARTS: Final = "what starts a flow is written triggers"


def _spelt(*names: str, here: str) -> dict[str, str]:
    return dict.fromkeys(names, f"write {here}")


_FLOW: Final[Mapping[str, str]] = {
    **_spelt("id", "dag_id", "title", here="name"),
    **_spelt("jobs", "job", "steps", "nodes", "activities", "workflow", "states", here="tasks"),
    **_spelt("params", "parameters", "args", here="inputs"),
    **_spelt("vars", "env", here="variables"),
    **_spelt("pluginDefaults", "taskDefaults", "default_args", here="defaults"),
    **_spelt("retries", here="retry: {maxAttempts: 3}"),
    **_spelt("timeoutSeconds", "timeout-minutes", "dagrun_timeout", here="timeout: 30s"),
    **_spelt("tags", "searchAttributes", "memo", here="labels"),
    **_spelt("max_active_runs", here="concurrency: {limit: 1}"),
    **_spelt("catch", "onError", "onFailure", "on_failure", "on_failure_callback", here="errors"),
    **_spelt("always", "afterExecution", "ensure", here="finally"),
    **dict.fromkeys(("on", "schedule", "cron", "schedule_interval"), _STARTS),
}
_TASK: Final[Mapping[str, str]] = {
    **_spelt("id", "task_id", "key", "title", here="name"),
    **_spelt("uses", "plugin", "operator", "action", "run", here="type, the id of a plugin"),
    **_spelt("with", "parameters", "params", "args", "config", here="properties"),
    **_spelt("if", "runIf", "condition", here="when"),
    **_spelt("needs", "depends_on", "dependencies", "upstream", "after", here="dependsOn"),
    **_spelt("trigger_rule", here="runWhen: failed or runWhen: done"),
    **_spelt("execution_timeout", "timeoutSeconds", "timeout-minutes", here="timeout: 30s"),
    **_spelt("tags", here="labels"),
    **dict.fromkeys(("retries", "retry_delay", "maxTries", "retryOnFail", "attempts"), _REPEATS),
    **dict.fromkeys(
        ("continue-on-error", "continueOnError", "continueOnFail", "ignoreErrors", "ignore_errors"),
        _GO_ON,
    ),
    **dict.fromkeys(("onError", "onFailure", "on_failure", "on_failure_callback"), _FAILED),
    **dict.fromkeys(("catch", "errors"), _FAILED),
    **dict.fromkeys(("finally", "always"), _ALWAYS),
    **dict.fromkeys(
        ("foreach", "forEach", "for_each", "loop", "matrix", "strategy", "with_items"), _EACH
    ),
    **dict.fromkeys(("until", "while", "repeat"), _ROUNDS),
    "env": "there is no environment: values are given in properties",
}
_RETRY: Final[Mapping[str, str]] = {
    **_spelt("count", "limit", "attempts", "maxAttempt", "retries", "max", here="maxAttempts"),
    **_spelt("interval", "wait", "backoffInterval", "initialInterval", here="delay"),
    **_spelt("maxInterval", "max_delay", here="maxDelay"),
    **_spelt("backoff", "strategy", "behavior", here="type: exponential or type: constant"),
    **_spelt("multiplier", "backoffCoefficient", "delayFactor", here="factor"),
    **_spelt("if", "retryOn", "errors", "when", here="on, a list of status and error codes"),
}
_INPUT: Final[Mapping[str, str]] = {
    **_spelt("id", "key", here="name"),
    **_spelt("defaults", "value", here="default"),
    **_spelt("options", "choices", "enum", here="values"),
    **_spelt("validator", "regex", here="pattern"),
    **_spelt("optional", here="required: false"),
}


def _of(instead: Mapping[str, str]) -> Callable[[str], str]:
    return lambda name: f": {instead[name]}" if name in instead else ""


of_flow = _of(_FLOW)
"""Say what is written here for a field at the top of a flow; empty for others."""
of_task = _of(_TASK)
of_retry = _of(_RETRY)
of_input = _of(_INPUT)
