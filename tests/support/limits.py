"""What DynamoDB refuses and moto takes, refused: sizes, keys, conditions and where pages begin."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from tests.support.attribute_values import Value, depth, digits, length, numbers, size
from tests.support.key_expressions import Condition, assigned, conditions, largest_choice
from tests.support.table_requests import KeyPart, Request, parts_of, requests_of
from tests.support.template import Template

EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
KEY_BYTES = {"HASH": 2_048, "RANGE": 1_024}
TOO_LONG = {
    "HASH": "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    "RANGE": "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
}
MAX_DEPTH, MAX_DIGITS = 32, 38
MAX_EXPRESSION_BYTES, MAX_OPERANDS = 4_096, 100
MAX_TRANSACTION_BYTES, MAX_BATCH = 4 * 1024 * 1024, 25


class Limits:
    """The limits of DynamoDB, for the tables of one template."""

    def __init__(self, template: Template) -> None:
        self._parts = {
            name: tuple(parts_of(properties))
            for name, properties in template.of_type("AWS::DynamoDB::Table")
        }

    def check(self, operation: str, parameters: Request) -> None:
        """Raise AWS's ValidationException for a call of DynamoDB, with its parameters as sent."""
        found = next(self._refusals(parameters), None)
        if found:
            error = {"Error": {"Code": "ValidationException", "Message": found}}
            raise ClientError(error, operation)  # type: ignore[arg-type]  # as AWS answers

    def _refusals(self, parameters: Request) -> Iterator[str]:
        requests = list(requests_of(parameters))
        transaction = "TransactItems" in parameters
        if transaction and sum(map(_written, requests)) > MAX_TRANSACTION_BYTES:
            yield "The aggregate size of the items of a transaction cannot exceed 4 MB"
        batches = parameters.get("RequestItems", {}).values()
        if sum(len(batch) for batch in batches if isinstance(batch, list)) > MAX_BATCH:
            yield "Too many items requested for the BatchWriteItem call"
        for request in requests:
            yield from _of_values(request)
            for name in EXPRESSIONS:
                yield from _of_expression(name, request)
            yield from self._of_keys(request)
            yield from self._of_start(request)

    def _of_keys(self, request: Request) -> Iterator[str]:
        """What is wrong with the values that a request has for the parts of keys."""
        given = [*assigned(request)]
        for place in ("Item", "Key", "ExclusiveStartKey"):
            given += request.get(place, {}).items()
        asked = [
            (condition.attribute, operand)
            for condition in _conditions("KeyConditionExpression", request)
            for operand in condition.operands
        ]
        for part in self._parts.get(request["TableName"], ()):
            is_asked = request.get("IndexName") == part.index_name
            for attribute, value in (*given, *(asked if is_asked else ())):
                if attribute == part.attribute:
                    yield from _of_key_value(part, value)

    def _of_start(self, request: Request) -> Iterator[str]:
        """What is wrong with where a page begins, or with its length."""
        if request.get("Limit", 1) < 1:
            yield (
                "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
                "Member must have value greater than or equal to 1"
            )
        start = request.get("ExclusiveStartKey")
        wanted = [
            part
            for part in self._parts.get(request["TableName"], ())
            if part.index_name in {None, request.get("IndexName")}
        ]
        if start is None or not wanted:
            return
        if set(start) != {part.attribute for part in wanted}:
            yield "The provided starting key is invalid"
            return
        for condition in _conditions("KeyConditionExpression", request):
            if not condition.holds(start[condition.attribute]):
                yield "The provided starting key is outside query boundaries"


def _written(request: Request) -> int:
    parts = ("Item", "Key", "ExpressionAttributeValues")
    return sum(size(request.get(part, {})) for part in parts)


def _of_values(request: Request) -> Iterator[str]:
    for part in ("Item", "Key", "ExpressionAttributeValues"):
        for value in request.get(part, {}).values():
            if depth(value) > MAX_DEPTH:
                yield "Nesting Levels have exceeded supported limits"
            if any(digits(number) > MAX_DIGITS for number in numbers(value)):
                yield "Attempting to store more than 38 significant digits in a Number"


def _of_expression(name: str, request: Request) -> Iterator[str]:
    expression = request.get(name, "")
    if len(expression.encode()) > MAX_EXPRESSION_BYTES:
        yield f"Invalid {name}: Expression size has exceeded the maximum allowed size"
    if largest_choice(expression) > MAX_OPERANDS:
        yield f"Invalid {name}: The IN operator is provided with too many operands"
    if any(condition.is_turned_round for condition in _conditions(name, request)):
        yield (
            f"Invalid {name}: The BETWEEN operator requires upper bound to be greater than or "
            "equal to lower bound"
        )


def _of_key_value(part: KeyPart, value: Value) -> Iterator[str]:
    where = f"IndexName: {part.index_name}, IndexKey: {part.attribute}"
    told = "One or more parameter values were invalid"
    if part.type not in value:
        yield f"{told}: Type mismatch for key {part.attribute} expected: {part.type} {where}"
    elif not length(value):
        yield (
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            f"cannot contain an empty string value. {where}"
        )
    elif length(value) > KEY_BYTES[part.kind]:
        yield f"{told}: {TOO_LONG[part.kind]}"


def _conditions(name: str, request: Request) -> Iterator[Condition]:
    yield from conditions(request.get(name, ""), request)
