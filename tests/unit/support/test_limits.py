"""What DynamoDB refuses is refused in tests too, and what is just inside is not."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.limits import Limits
from tests.support.template import Template

TABLE = "StorageExecutionsTable"
PK, SK = "p" * 2_048, "s" * 1_024
KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
TOO_LONG = "exceeded the (maximum )?size limit"
EMPTY = "cannot contain an empty string value"
OTHER_TYPE = "Type mismatch for key"
START = "provided starting key is"
Call = tuple[str, dict[str, Any]]


def text(value: str) -> dict[str, str]:
    return {"S": value}


def key(pk: str = "p", sk: str = "s") -> dict[str, Any]:
    return {"pk": text(pk), "sk": text(sk)}


def get(**wanted: str) -> Call:
    return "GetItem", {"TableName": TABLE, "Key": key(**wanted)}


def delete(**wanted: str) -> Call:
    return "DeleteItem", {"TableName": TABLE, "Key": key(**wanted)}


def batch_get(**wanted: str) -> Call:
    return "BatchGetItem", {"RequestItems": {TABLE: {"Keys": [KEY, key(**wanted)]}}}


def batch_write(count: int, **attributes: Any) -> Call:
    put = {"PutRequest": {"Item": {**KEY, **attributes}}}
    return "BatchWriteItem", {"RequestItems": {TABLE: [put] * count}}


def transact(kind: str, **wanted: str) -> Call:
    request = {"TableName": TABLE, "Key": key(**wanted)}
    return "TransactWriteItems", {"TransactItems": [{kind: request}]}


def put(**attributes: Any) -> Call:
    return "PutItem", {"TableName": TABLE, "Item": {**KEY, **attributes}}


def transact_put(count: int = 1, **attributes: Any) -> Call:
    request = {"TableName": TABLE, "Item": {**KEY, **attributes}}
    return "TransactWriteItems", {"TransactItems": [{"Put": request}] * count}


def update(expression: str, value: Any, **more: Any) -> Call:
    parameters = {
        "TableName": TABLE,
        "Key": KEY,
        "UpdateExpression": expression,
        "ExpressionAttributeNames": {"#id": "id"},
        "ExpressionAttributeValues": {":v": value, ":w": text("w")},
        **more,
    }
    return "UpdateItem", parameters


def query(expression: str = "#f = :f", **more: Any) -> Call:
    """Of the index `by-flow`, whose range is an id; `f`, `low` and `high` are values."""
    values = {f":{name}": text(more.pop(name)) for name in ("f", "low", "high") if name in more}
    parameters = {
        "TableName": TABLE,
        "IndexName": "by-flow",
        "KeyConditionExpression": expression,
        "ExpressionAttributeNames": {"#f": "flowOf", "#i": "id"},
        "ExpressionAttributeValues": {":f": text("f"), **values},
        **more,
    }
    return "Query", parameters


def starting(expression: str = "#f = :f AND #i < :low", low: str = "m", **start: str) -> Call:
    """A page of the index behind an item; an attribute that is empty is left out."""
    whole = {"pk": "p", "sk": "s", "flowOf": "f", "id": "i", **start}
    given = {name: text(value) for name, value in whole.items() if value}
    return query(expression, low=low, ExclusiveStartKey=given)


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = text("deep")
    for level in range(levels):
        value = {"L": [value]} if level % 2 else {"M": {"a": value}}
    return value


def choosing(count: int, name: str = "ConditionExpression") -> Call:
    operands = ", ".join([":w"] * count)
    return update("SET x = :v", text("v"), **{name: f"#id IN ({operands})"})


def long(size: int) -> Call:
    return update("SET x = :v" + " " * (size - 10), text("v"))


ROWS: list[tuple[str, Call, Call]] = [
    (TOO_LONG, get(pk=PK + "p"), get(pk=PK)),
    (TOO_LONG, get(sk=SK + "s"), get(sk=SK)),
    (TOO_LONG, get(sk="ü" * 513), get(sk="ü" * 512)),
    (TOO_LONG, delete(sk=SK + "s"), delete(sk=SK)),
    (TOO_LONG, batch_get(sk=SK + "s"), batch_get(sk=SK)),
    *(
        (TOO_LONG, transact(kind, sk=SK + "s"), transact(kind, sk=SK))
        for kind in ("ConditionCheck", "Delete", "Get", "Update")
    ),
    (TOO_LONG, put(sk=text(SK + "s")), put(sk=text(SK))),
    (TOO_LONG, put(pk=text(PK + "p")), put(pk=text(PK))),
    (TOO_LONG, put(flowOf=text(PK + "p")), put(flowOf=text(PK))),
    (TOO_LONG, put(id=text(SK + "s")), put(id=text(SK))),
    (TOO_LONG, transact_put(id=text(SK + "s")), transact_put(id=text(SK))),
    (TOO_LONG, batch_write(1, id=text(SK + "s")), batch_write(1, id=text(SK))),
    (TOO_LONG, update("SET #id = :v", text(SK + "s")), update("SET #id = :v", text(SK))),
    (
        TOO_LONG,
        update("SET x = :w, flowOf = if_not_exists(flowOf, :v)", text(PK + "p")),
        update("SET x = :w, flowOf = if_not_exists(flowOf, :v)", text(PK)),
    ),
    (TOO_LONG, query(f=PK + "p"), query(f=PK)),
    (
        TOO_LONG,
        query("#f = :f AND #i <= :low", low=SK + "s"),
        query("#f = :f AND #i <= :low", low=SK),
    ),
    (OTHER_TYPE, put(flowOf={"N": "1"}), put(other={"N": "1"})),
    (OTHER_TYPE, put(checkAt={"NULL": True}), put(checkAt=text("now"))),
    (OTHER_TYPE, update("SET checkAt = :v", {"N": "1"}), update("SET turn = :v", {"N": "1"})),
    (EMPTY, get(sk=""), get(sk="s")),
    (EMPTY, put(id=text("")), put(other=text(""))),
    (EMPTY, update("SET #id = :v", text("")), update("SET x = :v", text(""))),
    (EMPTY, query(f=""), query(f="f")),
    (
        EMPTY,
        query("#f = :f AND begins_with(#i, :low)", low=""),
        query("#f = :f AND begins_with(#i, :low)", low="i"),
    ),
    (
        "BETWEEN operator requires upper bound",
        query("(#f = :f AND #i BETWEEN :low AND :high)", low="b", high="a"),
        query("(#f = :f AND #i BETWEEN :low AND :high)", low="a", high="a"),
    ),
    (
        "BETWEEN operator requires upper bound",
        query(FilterExpression="turn BETWEEN :low AND :high", low="b", high="a"),
        query(FilterExpression="turn BETWEEN :low AND :high", low="a", high="b"),
    ),
    (START, starting(id="m"), starting(id="l")),
    (START, starting("#f = :f AND #i <= :low", id="n"), starting("#f = :f AND #i <= :low", id="m")),
    (START, starting("#f = :f AND #i > :low", id="m"), starting("#f = :f AND #i > :low", id="n")),
    (START, starting("#f = :f AND #i >= :low"), starting("#f = :f AND #i >= :low", id="m")),
    (
        START,
        starting("#f = :f AND begins_with(#i, :low)"),
        starting("#f = :f AND begins_with(#i, :low)", id="mi"),
    ),
    (START, starting(flowOf="g"), starting(flowOf="f")),
    (START, starting(id=""), starting(id="a")),
    (START, starting(pk=""), starting(pk="q")),
    (START, starting(more="x"), starting()),
    ("4 MB", transact_put(11, x=text("x" * 390_000)), transact_put(10, x=text("x" * 390_000))),
    ("Too many items", batch_write(26), batch_write(25)),
    ("38 significant digits", put(n={"N": "1" * 39}), put(n={"N": "1" * 38 + "000"})),
    ("38 significant digits", put(n={"NS": ["1." + "1" * 38]}), put(n={"NS": ["0.0" + "1" * 38]})),
    (
        "38 significant digits",
        put(n={"L": [{"M": {"n": {"N": "9" * 39}}}]}),
        put(n={"L": [{"M": {"n": {"N": "9" * 38}}}]}),
    ),
    ("Nesting Levels", put(x=nested(33)), put(x=nested(32))),
    ("Nesting Levels", update("SET x = :v", nested(33)), update("SET x = :v", nested(32))),
    ("Expression size", long(4_097), long(4_096)),
    ("too many operands", choosing(101), choosing(100)),
    (
        "too many operands",
        query(FilterExpression=f"#i IN ({','.join([':f'] * 101)})"),
        query(FilterExpression=f"#i IN ({','.join([':f'] * 100)})"),
    ),
    ("greater than or equal to 1", query(Limit=0), query(Limit=1)),
]


@pytest.fixture(scope="module")
def limits(template: Template) -> Limits:
    return Limits(template)


def named(call: Call, template: Template) -> Call:
    """The call with the table's name in the template."""
    [name] = [name for name, _ in template.of_type("AWS::DynamoDB::Table") if TABLE in name]
    operation, parameters = call
    if "RequestItems" in parameters:
        return operation, {"RequestItems": {name: parameters["RequestItems"][TABLE]}}
    if "TransactItems" in parameters:
        items = [
            {kind: {**request, "TableName": name}}
            for item in parameters["TransactItems"]
            for kind, request in item.items()
        ]
        return operation, {"TransactItems": items}
    return operation, {**parameters, "TableName": name}


@pytest.mark.parametrize(("told", "refused", "taken"), ROWS)
def test_what_dynamodb_refuses_is_refused_and_what_is_just_inside_is_not(
    told: str, refused: Call, taken: Call, limits: Limits, template: Template
):
    limits.check(*named(taken, template))

    with pytest.raises(ClientError, match=told) as caught:
        limits.check(*named(refused, template))
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_tables_that_the_template_does_not_have_keep_their_own_keys(limits: Limits):
    limits.check("PutItem", {"TableName": "Other", "Item": {"pk": {"N": "1"}, "id": text("")}})
