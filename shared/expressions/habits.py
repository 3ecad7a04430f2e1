"""Names that other engines know and this one does not: what to write here instead."""

import re
from collections.abc import Mapping
from typing import Final

_CREDENTIAL: Final = (
    "a stored credential is written ${NAME}, outside of {{ }}; a secret that a start gives is an "
    "input of type SECRET, inputs.NAME"
)
_ENVIRONMENT: Final = (
    "there is no environment: a stored credential is written ${NAME}, outside of {{ }}, what a "
    "start gives inputs.NAME, a constant vars.NAME"
)
_SHARED: Final = "a variable of the namespace is written vars.NAME, its name flow.namespace"
_OUTPUTS: Final = "what a task gave is written outputs.NAME, how it ended tasks.NAME"
_INPUTS: Final = "what a start gives is written inputs.NAME"

_LOOPED: Final = "in a flow.foreach the item is written item, its position index, its key key"
_ROUND: Final = "in a flow.loop the round is written index, from 0"
_OUTER: Final = "of a loop further out write loops.NAME.item, loops.NAME.index or loops.NAME.key"
_EXECUTION: Final = "what is known of an execution is written execution.id, execution.startedAt"
_TIME: Final = "write execution.startedAt or now(), laid out by date('%Y-%m-%d')"
_ENDED: Final = (
    "how tasks end decides by runWhen: failed or runWhen: done, in when by "
    "tasks.NAME.status; what always runs stands in finally"
)
_ANSWER: Final = "what a task gave is written outputs.NAME, as outputs.fetch.body"
_CHOICE: Final = "write x if condition else y"
_SHAPE: Final = (
    "write fields by name, as item.a.b, or a task flow.map, transform.filter or flow.reduce"
)
_PATTERN: Final = "a task transform.regex has regular expressions"
_LAYOUT: Final = "write date('%Y-%m-%d')"

_INSTEAD: Final[Mapping[str, str]] = {
    **dict.fromkeys(("secrets", "secret", "credentials", "credential"), _CREDENTIAL),
    **dict.fromkeys(("env", "envs", "environment", "getenv"), _ENVIRONMENT),
    **dict.fromkeys(("steps", "step", "nodes", "node", "needs", "jobs", "result"), _OUTPUTS),
    **dict.fromkeys(("input", "params", "parameters", "args"), _INPUTS),
    **dict.fromkeys(("loop", "each", "taskrun", "element", "current", "this"), _LOOPED),
    **dict.fromkeys(("round", "iteration"), _ROUND),
    **dict.fromkeys(("parent", "parents"), _OUTER),
    **dict.fromkeys(("dag_run", "run", "github", "context", "workflow"), _EXECUTION),
    **dict.fromkeys(("ds", "ts", "execution_date", "logical_date", "data_interval_start"), _TIME),
    **dict.fromkeys(("today", "utcnow", "timestamp", "macros"), _TIME),
    **dict.fromkeys(("ti", "task_instance", "response", "body", "data", "job"), _ANSWER),
    **dict.fromkeys(("always", "success", "failure", "cancelled"), _ENDED),
    **dict.fromkeys(("if", "iif", "ternary", "cond"), _CHOICE),
    **dict.fromkeys(("var", "variable", "variables"), "a constant is written vars.NAME"),
    **dict.fromkeys(("namespace", "globals"), _SHARED),
    **dict.fromkeys(("conn", "connection", "connections"), _CREDENTIAL),
    **dict.fromkeys(("concat", "str"), "text is joined with ~"),
    **dict.fromkeys(("toJSON", "toJson", "stringify"), "write the filter tojson"),
    **dict.fromkeys(("fromJSON", "parseJson", "parse_json", "loads"), "write fromJson"),
    **dict.fromkeys(("jq", "jsonpath", "json_query", "jmespath"), _SHAPE),
    **dict.fromkeys(("substringBefore", "substringAfter"), "write split(…) and first or last"),
    **dict.fromkeys(("strftime", "date_format", "format_date", "formatDate"), _LAYOUT),
    **dict.fromkeys(("strptime", "to_datetime", "parse_date"), "a time is text of RFC 3339"),
    **dict.fromkeys(("regex", "regex_replace", "regex_search", "matches"), _PATTERN),
    **dict.fromkeys(("number", "toInt", "to_number"), "write the filter int or float"),
    "matrix": _LOOPED,
    "empty": "an empty list, map or text is false: write not x",
}


_ROOT = re.compile(r"\$[\w.(\[]")


def instead_of(name: str) -> str:
    """Say what is written here for a root or function of another engine; empty for others."""
    return f": {_INSTEAD[name]}" if name in _INSTEAD else ""


_SIGNS: Final = (
    ("${", "a credential ${NAME} stands outside of {{ }}"),
    ("??", "what stands in for a missing value is written x | default(y)"),
    ("?.", "what stands in for a missing value is written x.y | default(z)"),
    ("?", _CHOICE),
    ("&&", "write and"),
    ("||", "write or"),
    ("===", "write =="),
    ("=>", "items are worked on by filters, as map, select and where, or by a task flow.map"),
    ("=", "write =="),
    ("!", "write not"),
    ("`", "text stands in single or double quotes, and is joined with ~"),
)


_LONGEST_SIGN: Final = 3


def instead_of_sign(source: str, offset: int) -> str:
    """Say what is written here for a sign of another language that covers an offset."""
    for start in range(max(offset - _LONGEST_SIGN + 1, 0), offset + 1):
        for sign, instead in _SIGNS:
            if source.startswith(sign, start) and start + len(sign) > offset:
                return f": {instead}"
    if _ROOT.match(source, offset):
        return ": data is read by name, as outputs.NAME, inputs.NAME or, in loops, item"
    return ""
