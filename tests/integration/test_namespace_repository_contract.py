"""What every repository of namespaces promises: the one in DynamoDB, and the one in memory."""

from typing import Any

import pytest

from shared.aws import table
from shared.config import FlowsTableSettings, settings
from shared.flows.repository import FlowRepository
from shared.namespaces.items import variables_digest, variables_text
from shared.namespaces.models import MAX_VARIABLES_BYTES, NO_SETTINGS, NamespaceRecord
from shared.namespaces.repository import NamespaceRepository
from tests.support.flows import a_flow, a_revision
from tests.support.namespaces import NOW, InMemoryNamespaces
from tests.support.stack import MotoStack


def a_namespace(name: str = "team", **fields: Any) -> NamespaceRecord:
    times = {"version": 1, "created_at": NOW, "updated_at": NOW}
    return NamespaceRecord.model_validate({"name": name, **times, **fields})


def with_variables(record: NamespaceRecord, variables: Any) -> tuple[NamespaceRecord, str]:
    text = variables_text(variables)
    digest = {"variables": variables_digest(text), "variables_bytes": len(text.encode())}
    return record.model_copy(update=digest), text


class Contract:
    @pytest.fixture
    def namespaces(self) -> NamespaceRepository:
        raise NotImplementedError

    def test_what_was_put_is_found_as_it_was(self, namespaces: NamespaceRepository) -> None:
        variables = {"": {"ü": [0.1, 10**20, None]}, "{{ x }}": "${Y}"}
        record = a_namespace(description="ü", retention="1d", retention_seconds=86_400)
        record, text = with_variables(record, variables)

        assert namespaces.put(None, record, text)

        assert namespaces.find("team") == record
        assert namespaces.settings_of("team") == record.settings
        digest = record.variables or ""
        assert namespaces.variables([digest]) == {digest: variables}
        assert namespaces.variable_names("team") == variables.keys()

    def test_what_was_never_put_says_nothing(self, namespaces: NamespaceRepository) -> None:
        namespaces.put(None, a_namespace("bare"))

        assert namespaces.find("team") is None
        assert namespaces.settings_of("team") == namespaces.settings_of("bare") == NO_SETTINGS
        assert namespaces.variable_names("team") == namespaces.variable_names("bare") == set()
        assert (
            namespaces.variable_names("No Name") == namespaces.variable_names("x" * 3000) == set()
        )
        assert namespaces.variables([]) == {}

    def test_a_write_needs_the_version_it_was_made_from(
        self, namespaces: NamespaceRepository
    ) -> None:
        old, new = a_namespace(), a_namespace(version=2, description="x")
        assert namespaces.put(None, old)

        assert not namespaces.put(None, new)
        assert namespaces.put(old, new)
        assert not namespaces.put(old, new)
        assert not namespaces.put(a_namespace("other"), a_namespace("other", version=2))
        assert namespaces.all() == (new,)

    def test_a_removal_needs_it_too(self, namespaces: NamespaceRepository) -> None:
        old, new = a_namespace(), a_namespace(version=2)
        namespaces.put(None, old)
        namespaces.put(old, new)

        assert not namespaces.remove(old)
        assert namespaces.remove(new)
        assert not namespaces.remove(new)
        assert namespaces.find("team") is None

    def test_sets_of_variables_stay(self, namespaces: NamespaceRepository) -> None:
        first, text = with_variables(a_namespace(), {"a": 1})
        namespaces.put(None, first, text)
        second, other = with_variables(a_namespace(version=2), {"a": 2})
        namespaces.put(first, second, other)
        namespaces.remove(second)

        digests = [str(first.variables), str(second.variables)]
        assert [namespaces.variables(digests)[each]["a"] for each in digests] == [1, 2]

    def test_all_are_read_alphabetically(self, namespaces: NamespaceRepository) -> None:
        for name in ("b", "a.b", "a", "0", "a-b"):
            namespaces.put(None, a_namespace(name))

        assert [each.name for each in namespaces.all()] == ["0", "a", "a-b", "a.b", "b"]


class TestNamespacesInMemory(Contract):
    @pytest.fixture
    def namespaces(self) -> NamespaceRepository:
        return InMemoryNamespaces()


class TestNamespacesInDynamoDB(Contract):
    @pytest.fixture
    def namespaces(self, moto_stack: MotoStack) -> NamespaceRepository:
        assert moto_stack
        return NamespaceRepository(flows_table(), "default")

    def test_tenants_do_not_see_each_other(self, namespaces: NamespaceRepository) -> None:
        record, text = with_variables(a_namespace(), {"a": 1})
        namespaces.put(None, record, text)
        other = NamespaceRepository(flows_table(), "other")

        assert other.find("team") is None
        assert other.all() == ()
        assert other.variables([str(record.variables)]) == {}

    def test_the_largest_fits(self, namespaces: NamespaceRepository) -> None:
        name, large = "n" * 150, "ü" * (MAX_VARIABLES_BYTES // 2 - 10)
        record, text = with_variables(a_namespace(name, description="😀" * 1_000), {"a": large})

        assert namespaces.put(None, record, text)
        assert namespaces.find(name) == record

    def test_the_first_thing_in_a_namespace_writes_its_row(
        self, namespaces: NamespaceRepository
    ) -> None:
        flows, entry = FlowRepository(flows_table(), "default"), namespaces.entry("team", NOW)
        flows.add(a_flow(namespace="team"), a_revision(), entry)

        assert namespaces.find("team") == a_namespace()
        assert namespaces.entry("team", NOW) == ()

    def test_a_row_that_came_in_between_stays_as_it_is(
        self, namespaces: NamespaceRepository
    ) -> None:
        entry = namespaces.entry("team", NOW)
        record, text = with_variables(a_namespace(description="x", version=3), {"a": 1})
        namespaces.put(None, record, text)

        FlowRepository(flows_table(), "default").add(a_flow(), a_revision(), entry)

        assert namespaces.find("team") == record

    def test_flows_are_counted_in_their_namespace_alone(
        self, namespaces: NamespaceRepository
    ) -> None:
        assert namespaces
        flows = FlowRepository(flows_table(), "default")
        for namespace in ("team", "team", "team.b", "tea", "zoo"):
            flow = a_flow(namespace=namespace)
            flows.add(flow.model_copy(update={"name": flow.id}), a_revision())

        assert [flows.count_in(each) for each in ("team", "team.b", "te", "zoo")] == [2, 1, 0, 1]
        assert flows.count_by_namespace() == {"team": 2, "team.b": 1, "tea": 1, "zoo": 1}
        assert FlowRepository(flows_table(), "other").count_by_namespace() == {}


def flows_table() -> Any:
    return table(settings(FlowsTableSettings).flows_table_name)
