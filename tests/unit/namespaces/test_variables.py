"""Sets of variables: read once, kept as they were, never shared by those who read them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.errors import UnavailableError
from shared.namespaces import variables
from shared.namespaces.items import variables_digest, variables_item, variables_text
from shared.namespaces.variables import LazySet, VariableReader


class Table:
    """Items by key; `error` is raised in place of an answer."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Any] = {}
        self.reads = 0
        self.error: Exception | None = None

    def put(self, tenant: str, values: Any) -> str:
        text = variables_text(values)
        item = variables_item(tenant, text)
        self.items[item["pk"], item["sk"]] = item
        return variables_digest(text)

    def get_item(self, *, Key: dict[str, str], ConsistentRead: bool) -> Any:  # noqa: N803
        assert ConsistentRead
        self.reads += 1
        if self.error:
            raise self.error
        found = self.items.get((Key["pk"], Key["sk"]))
        return {"Item": found} if found else {}


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def reader(table: Any) -> VariableReader:
    return VariableReader(table)


def test_a_set_is_read_once(table: Table, reader: VariableReader):
    digest = table.put("acme", {"a": [1, 0.1]})

    assert reader("acme", digest) == reader("acme", digest) == {"a": [1, 0.1]}
    assert table.reads == 1


def test_nobody_sees_what_another_does_to_a_value(table: Table, reader: VariableReader):
    digest = table.put("acme", {"a": [1]})

    values: Any = reader("acme", digest)["a"]
    values.append(2)

    assert reader("acme", digest) == {"a": [1]}


def test_a_set_of_another_tenant_is_none(table: Table, reader: VariableReader):
    digest = table.put("acme", {"a": 1})
    reader("acme", digest)

    with pytest.raises(LookupError):
        reader("other", digest)


def test_a_store_out_of_reach_is_nobodys_fault(table: Table, reader: VariableReader):
    digest = table.put("acme", {"a": 1})
    table.error = ClientError({"Error": {"Code": "ThrottlingException"}}, "GetItem")

    with pytest.raises(UnavailableError):
        reader("acme", digest)
    table.error = None
    assert reader("acme", digest) == {"a": 1}


def test_what_was_not_read_for_long_makes_room(
    table: Table, reader: VariableReader, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(variables, "_CACHED_SETS", 2)
    first, second, third = (table.put("acme", {"a": number}) for number in range(3))
    for digest in (first, second, first, third):
        reader("acme", digest)
    assert table.reads == 3

    reader("acme", first)
    assert table.reads == 3
    reader("acme", second)
    assert table.reads == 4


def test_a_lazy_set_reads_when_asked_and_no_more():
    reads: list[int] = []

    def read() -> Any:
        reads.append(1)
        return {"a": 1, "b": None}

    lazy = LazySet(read)
    assert reads == []

    assert dict(lazy) == {"a": 1, "b": None}
    assert ("a" in lazy, "z" in lazy, len(lazy)) == (True, False, 2)
    assert reads == [1]
