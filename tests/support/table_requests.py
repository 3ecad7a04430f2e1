"""Calls of DynamoDB taken apart: each request with its table, and the keys that a table has."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Request = dict[str, Any]


class KeyPart(NamedTuple):
    """An attribute of a table's key, or of an index's: `kind` is HASH or RANGE, `type` as in S."""

    attribute: str
    kind: str
    type: str
    index_name: str | None


def parts_of(properties: Mapping[str, Any]) -> Iterator[KeyPart]:
    """Yield the parts of the keys of a table and its indexes, from its properties."""
    types = {
        each["AttributeName"]: each["AttributeType"] for each in properties["AttributeDefinitions"]
    }
    indexes = {None: properties["KeySchema"]} | {
        index["IndexName"]: index["KeySchema"]
        for index in properties.get("GlobalSecondaryIndexes", [])
    }
    for name, schema in indexes.items():
        for key in schema:
            attribute = key["AttributeName"]
            yield KeyPart(attribute, key["KeyType"], types[attribute], name)


def requests_of(parameters: Request) -> Iterator[Request]:
    """Yield what a call asks for, one by one, each with its table."""
    for item in parameters.get("TransactItems", ()):
        yield from item.values()
    for table, asked in parameters.get("RequestItems", {}).items():
        if isinstance(asked, dict):
            yield from ({**asked, "TableName": table, "Key": key} for key in asked["Keys"])
        else:
            for request in asked:
                yield from ({**each, "TableName": table} for each in request.values())
    if "TableName" in parameters:
        yield parameters
