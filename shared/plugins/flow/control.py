"""Task types that the engine runs itself: branches, loops, waits, people.

Their manifests describe `properties` only; nested task lists are keys of the task beside them.
"""

from typing import Any

from shared.auth.names import LADDER, NAME_PATTERN
from shared.json_schema.builders import (
    Schema,
    anything,
    array,
    boolean,
    choice,
    closed,
    deferred,
    duration,
    instant,
    integer,
    mapping,
    number,
    outputs,
    string,
    when,
)
from shared.plugins.sdk.plugin import Manifest, Plugin

_REMIND = array("When to remind, counted from the start.", items=duration("Time from the start."))
_WORDS = f"a username, group:NAME, client:NAME or role: with one of {', '.join(LADDER)}"
_PERSON = string(
    "A username, `role:NAME`, `group:NAME` or `client:NAME`.",
    **{"pattern": NAME_PATTERN, "x-words": _WORDS},
)
_ESCALATE = array(
    "Who else is asked, and when.",
    items=closed(
        {
            "after": duration("Time from the start."),
            "to": array(
                "Who may decide too.",
                type=["array", "string"],
                items=_PERSON,
            ),
        },
        required=["after", "to"],
    ),
)

MAX_ROUNDS = 10_000
"""The rounds of a loop at most."""
USUAL_ROUNDS = 100
_INTERVAL = duration(
    "The pause after each round: a duration, or how it grows, in the fields of a `retry`.",
    type=["integer", "string", "object"],
    properties={
        "delay": duration("The pause, or the first one."),
        "type": choice("How it goes on.", "constant", "exponential", "random", default="constant"),
        "maxDelay": duration("The longest pause."),
        "factor": number("What an exponential one is multiplied by.", minimum=1, default=2),
        "jitter": boolean("Draw each pause between 0 and what it would be.", default=False),
    },
    required=["delay"],
    additionalProperties=False,
    allOf=[when("type", "random", ["maxDelay"])],
)

BY_ENGINE = frozenset(
    {
        "flow.foreach",
        "flow.gate",
        "flow.if",
        "flow.loop",
        "flow.parallel",
        "flow.subflow",
        "flow.switch",
        "flow.wait",
    }
)
"""The task types that the engine runs today; this grows, and with it what a flow may use."""


def _durable(
    plugin_id: str, name: str, description: str, icon: str, *schemas: Schema, **more: Any
) -> Plugin:
    input_schema, output_schema = schemas
    return Plugin(
        Manifest(
            id=plugin_id,
            name=name,
            category="core",
            description=description,
            input_schema=input_schema,
            output_schema=output_schema,
            execution="durable",
            icon=icon,
            **more,
        ),
        by_engine=plugin_id in BY_ENGINE,
    )


BRANCHES = (
    _durable(
        "flow.if",
        "If",
        "Runs the tasks of `then` when the condition holds, otherwise those of `else`.",
        "git-branch",
        closed(
            {
                "condition": deferred(
                    "An expression; `{{ }}` around it is optional.",
                    type=["string", "boolean"],
                    **{"x-locals": []},
                )
            },
            required=["condition"],
        ),
        outputs(
            {
                "result": boolean("Whether the condition held."),
                "branch": choice("The branch that was taken.", "then", "else", "none"),
            }
        ),
    ),
    _durable(
        "flow.switch",
        "Switch",
        "Runs the tasks of the case that equals the value, otherwise those of `default`.",
        "split",
        closed(
            {
                "value": {
                    "type": ["string", "number", "boolean", "null"],
                    "description": "Compared, as text, with the names of `cases`.",
                }
            },
            required=["value"],
        ),
        outputs(
            {
                "value": anything("The value that was compared."),
                "branch": string("The case, `default` or `none`."),
            }
        ),
    ),
    _durable(
        "flow.foreach",
        "For each",
        "Runs its tasks once for each item of a list or entry of a map.",
        "repeat",
        closed(
            {
                "items": {
                    "type": ["array", "object"],
                    "description": "What to go through; tasks see `item`, `index` and `key`.",
                },
                "concurrency": integer(
                    "Iterations at the same time; 0 is no limit.", minimum=0, default=1
                ),
                "failFast": boolean("Start nothing more after a failure.", default=True),
                "collect": deferred(
                    "What `results` holds of an iteration: an expression over what is known in it, "
                    "or a map of field to expression.",
                    type=["string", "object"],
                    additionalProperties={"type": ["string", "number", "boolean", "null"]},
                    **{"x-locals": ["item", "index", "key", "loops"]},
                ),
            },
            required=["items"],
        ),
        outputs(
            {
                "count": integer("Iterations."),
                "failed": integer("Iterations that failed."),
                "results": array(
                    "Per item, in item order, a map of task name to outputs, or what `collect` "
                    "says of an iteration that did not fail."
                ),
                "errors": array(
                    "Why iterations failed: the first failure of each.",
                    items=outputs(
                        {
                            "index": integer("The iteration, from 0."),
                            "key": string("The key of a map.", type=["string", "null"]),
                            "taskName": string("The task that failed."),
                            "code": string("The code of its error."),
                            "message": string("The message of its error."),
                        }
                    ),
                ),
            }
        ),
    ),
    _durable(
        "flow.loop",
        "Loop",
        "Repeats its tasks, with pauses, until a condition holds; waiting costs nothing.",
        "refresh-cw",
        closed(
            {
                "until": deferred(
                    "An expression over the outputs of the round that is over: true ends the loop.",
                    type=["string", "boolean"],
                    **{"x-locals": ["index", "loops"]},
                ),
                "interval": _INTERVAL,
                "maxRounds": integer(
                    "Rounds at most.", minimum=1, maximum=MAX_ROUNDS, default=USUAL_ROUNDS
                ),
                "onExhausted": choice(
                    "What happens after those.", "fail", "continue", default="fail"
                ),
            },
            required=["until"],
        ),
        outputs(
            {
                "rounds": integer("Rounds that were run."),
                "exhausted": boolean("Whether they were all, without `until` holding."),
                "outputs": mapping("Of the last round, a map of task name to outputs."),
            }
        ),
    ),
    _durable(
        "flow.parallel",
        "Parallel",
        "Starts all its tasks together.",
        "columns-3",
        closed(
            {"concurrency": integer("Tasks at the same time; 0 is no limit.", minimum=0, default=0)}
        ),
        outputs({"count": integer("Tasks that were run.")}),
    ),
    _durable(
        "flow.subflow",
        "Subflow",
        "Starts another flow and, unless told otherwise, waits for its outputs.",
        "workflow",
        closed(
            {
                "flowId": string("Id of the flow."),
                "namespace": string("Namespace of the flow, with `name`."),
                "name": string("Name of the flow, with `namespace`."),
                "inputs": mapping("Inputs of the new execution.", default={}),
                "wait": boolean("Wait for its end.", default=True),
                "transmitFailed": boolean("Fail when the subflow fails.", default=True),
            },
            anyOf=[{"required": ["flowId"]}, {"required": ["namespace", "name"]}],
        ),
        outputs(
            {
                "executionId": string("Id of the execution that was started."),
                "status": string("Its status when this task ended."),
                "outputs": mapping("Its outputs."),
            },
            required=["executionId"],
        ),
    ),
)

PAUSES = (
    _durable(
        "flow.wait",
        "Wait",
        "Sleeps for a time, or until a moment; waiting costs nothing.",
        "timer",
        closed(
            {
                "duration": duration("How long to wait."),
                "until": instant("An RFC 3339 time to wait for."),
            },
            oneOf=[{"required": ["duration"]}, {"required": ["until"]}],
        ),
        outputs({"waitedMs": integer("Milliseconds that passed.")}),
    ),
    _durable(
        "flow.gate",
        "Approval",
        "Waits until a person approves or rejects; a rejection fails the task.",
        "shield-check",
        closed(
            {
                "message": string("What is to be decided."),
                "approvers": array(
                    "Who may decide: `ana`, `role:editor`, `group:ops`; else every executor.",
                    items=_PERSON,
                ),
                "timeout": duration("How long to wait for the decision."),
                "onTimeout": choice(
                    "What happens then.", "reject", "approve", "fail", default="reject"
                ),
                "remind": _REMIND,
                "escalate": _ESCALATE,
            },
            required=["message"],
        ),
        outputs(
            {
                "approvalId": string("Id of the approval, from the moment the gate waits."),
                "decision": string("What was decided."),
                "decidedBy": string("Who decided."),
                "comment": string("What they said."),
                "decidedAt": string("When, RFC 3339."),
            },
            required=["approvalId"],
        ),
    ),
    _durable(
        "human.task",
        "Form for a person",
        "Gives a person a form and waits until it is completed.",
        "clipboard-pen",
        closed(
            {
                "title": string("What the person sees in the inbox."),
                "form": mapping("JSON Schema of the answers."),
                "uiSchema": mapping("Hints for showing the form."),
                "candidates": array(
                    "Roles or usernames that may claim it.", items=string("A role or a username.")
                ),
                "assignee": string("The one person who is to do it."),
                "data": mapping("What the form is filled with at first."),
                "dueIn": duration("How long it may take."),
                "onTimeout": string("What happens when it takes longer."),
                "remind": _REMIND,
                "escalate": _ESCALATE,
            },
            required=["title", "form"],
        ),
        outputs(
            {
                "userTaskId": string("Id of the user task."),
                "data": mapping("The answers."),
                "completedBy": string("Who completed it."),
                "completedAt": string("When, RFC 3339."),
            },
            required=["userTaskId"],
        ),
    ),
    _durable(
        "worker.job",
        "Job for a worker",
        "Puts a job into a queue that your own workers poll, and waits for the result.",
        "hard-hat",
        closed(
            {
                "queue": string("The queue that workers poll.", minLength=1),
                "payload": anything("What the worker gets."),
                "heartbeat": duration("A lease not renewed for so long goes to another worker."),
                "timeout": duration("How long the job may take."),
            },
            required=["queue"],
        ),
        {
            "type": "object",
            "description": "What the worker returns.",
            "additionalProperties": True,
        },
        idempotent=False,
    ),
)

PLUGINS = BRANCHES + PAUSES
