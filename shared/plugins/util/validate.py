"""The check of a value against a JSON Schema that a flow's author, or a stranger, wrote."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from shared.json_schema.builders import anything, array, boolean, closed, mapping, outputs, string
from shared.json_schema.messages import Violation, join_path, violation
from shared.json_schema.validator import PatternError, compile_schema
from shared.messages import Message, reason
from shared.plugins.sdk.plugin import Manifest, Plugin, PluginError, TaskContext
from shared.plugins.sdk.values import invalid

_MAX_ERRORS = 100
_MAX_WORK = 250_000
_MAX_DEPTH = 150
"""The depth of keywords inside each other; each takes about four of Python's 1,000 frames."""
_TOO_DEEP = "data or schema is nested too deeply, or schema refers to itself"
_WORK_BETWEEN_LOOKS_AT_THE_CLOCK = 1_000


def _validate(properties: Mapping[str, Any], context: TaskContext) -> Mapping[str, Any]:
    schema = properties["schema"]
    _refuse_unbounded(schema)
    found = _violations(schema, properties["data"], context)
    errors = [_error(each, context) for each in found]
    result = {"valid": not errors, "errors": errors}
    if errors and properties.get("failOnError", True):
        more = f" (and {len(errors[1:])} more)" if len(errors) > 1 else ""
        raise PluginError(
            Message(
                "the value is not valid: {first}{more}",
                first=found[0].message,
                more=Message.of(more),
            ),
            code="validation_failed",
            outputs=result,
        )
    return result


def _error(found: Violation, context: TaskContext) -> dict[str, str]:
    path = Message("{path:1000}", path=join_path(found.path))
    return {"path": context.shown(path), "message": context.shown(found.message)}


def _violations(schema: Mapping[str, Any], value: Any, context: TaskContext) -> list[Violation]:
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 - needed by few

    try:
        validator = compile_schema(schema, _Bounds(context))
        faults = compile_schema(validator.META_SCHEMA, _Bounds(context)).iter_errors(schema)
        for fault in faults:
            message = violation(fault, root="schema").message
            raise invalid(Message("schema is wrong: {why}", why=message))
        errors = islice(validator.iter_errors(value), _MAX_ERRORS)
        return [violation(error, root="the value") for error in errors]
    except Unresolvable:
        raise invalid("schema has a $ref to what is not in it; nothing is fetched") from None
    except RecursionError:  # of the comparison or the text of a value, not of the checks
        raise invalid(_TOO_DEEP) from None
    except (PatternError, UnicodeError) as error:
        raise invalid(reason(error)) from None


class _Bounds:
    """The bounds of the work: a few nested `$ref`s can ask for more than a lifetime of it."""

    def __init__(self, context: TaskContext) -> None:
        self._context = context
        self._spent = 0
        self._look_at_the_clock = 0
        self._depth = 0

    def enter(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise invalid(_TOO_DEEP)
        self.spend(1)

    def spend(self, cost: int) -> None:
        self._spent += cost
        if self._spent > _MAX_WORK:
            raise PluginError("checking the value takes too many steps", code="too_large")
        if self._spent >= self._look_at_the_clock:
            self._look_at_the_clock = self._spent + _WORK_BETWEEN_LOOKS_AT_THE_CLOCK
            if self._context.remaining() <= 0:
                raise PluginError("out of time", code="timeout")

    def leave(self) -> None:
        self._depth -= 1


def _refuse_unbounded(schema: Any) -> None:
    """Raise for the one pair of keywords whose patterns would run with backtracking."""
    keys = set(_keys(schema))
    if {"unevaluatedProperties", "patternProperties"} <= keys:
        raise invalid("unevaluatedProperties together with patternProperties is not supported")


def _keys(schema: Any) -> Iterator[str]:
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield from node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


PLUGINS = (
    Plugin(
        Manifest(
            id="util.validate",
            name="Validate",
            category="utility",
            description=(
                "Checks a value against a JSON Schema (2020-12 unless `$schema` names another "
                "draft). Patterns are RE2, so without lookaround and back-references; of the "
                "formats date, email, ipv4, ipv6 and uuid are checked; no `$ref` is fetched."
            ),
            input_schema=closed(
                {
                    "data": anything("The value."),
                    "schema": mapping("The JSON Schema."),
                    "failOnError": boolean("Fail when the value is not valid.", default=True),
                },
                required=["data", "schema"],
            ),
            output_schema=outputs(
                {
                    "valid": boolean("Whether the value is valid."),
                    "errors": array(
                        f"What is wrong, {_MAX_ERRORS} at most.",
                        items={
                            "type": "object",
                            "properties": {
                                "path": string("Where, such as `rows[2].name`."),
                                "message": string("A sentence."),
                            },
                        },
                    ),
                }
            ),
            icon="badge-check",
        ),
        _validate,
    ),
)
