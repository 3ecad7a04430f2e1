"""`core.kv`: its operations, what it refuses, and an attempt that is made again."""

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from shared.errors import UnavailableError
from shared.kv.models import StoredKey
from shared.kv.service import KvService
from shared.kv.task_type import KvTask
from shared.masking import Masking
from shared.plugins.core.kv import PLUGINS
from shared.plugins.sdk.plugin import Plugin, PluginError, TaskContext
from tests.support.keys import HandClock, InMemoryKeys, service_of
from tests.support.plugins import Lines, run_plugin, task_context


@pytest.fixture
def keys() -> KvService:
    return service_of(InMemoryKeys(), HandClock())


@pytest.fixture
def plugin(keys: KvService) -> Plugin:
    return Plugin(PLUGINS[0].manifest, KvTask(lambda _tenant: keys).run)


def context(**more: Any) -> TaskContext:
    return task_context(flow={"namespace": "n"}, **more)


def run(plugin: Plugin, within: TaskContext | None = None, **properties: Any) -> Any:
    return run_plugin(plugin, properties, within or context())


def test_a_value_is_set_read_and_deleted(plugin: Plugin) -> None:
    value = {"a": [1, None]}

    assert run(plugin, operation="get", key="k") == {"value": None, "existed": False}
    assert run(plugin, operation="get", key="k", default=7) == {"value": 7, "existed": False}
    assert run(plugin, operation="set", key="k", value=1) == {"value": 1, "existed": False}
    assert run(plugin, operation="set", key="k", value=value) == {"value": value, "existed": True}
    assert run(plugin, operation="get", key="k", default=7) == {"value": value, "existed": True}
    assert run(plugin, operation="delete", key="k") == {"existed": True}
    assert run(plugin, operation="delete", key="k") == {"existed": False}


def test_the_namespace_is_the_flows_unless_one_is_named(plugin: Plugin) -> None:
    run(plugin, operation="set", key="k", value="own")
    run(plugin, operation="set", key="k", value="other", namespace="team")

    assert run(plugin, operation="get", key="k")["value"] == "own"
    assert run(plugin, operation="get", key="k", namespace="team")["value"] == "other"


def test_keys_are_listed_by_how_they_begin(plugin: Plugin) -> None:
    for key in ("b", "a2", "a1"):
        run(plugin, operation="set", key=key, value=1)

    assert run(plugin, operation="list") == {"keys": ["a1", "a2", "b"]}
    assert run(plugin, operation="list", key="a") == {"keys": ["a1", "a2"]}
    assert run(plugin, operation="list", namespace="none") == {"keys": []}


def test_a_list_has_a_bound(keys: KvService) -> None:
    plugin = Plugin(PLUGINS[0].manifest, KvTask(lambda _tenant: keys, most=2).run)
    for key in ("a", "b", "c"):
        run(plugin, operation="set", key=key, value=1)

    with pytest.raises(PluginError) as caught:
        run(plugin, operation="list")
    assert caught.value.code == "too_large"
    assert run(plugin, operation="list", key="b") == {"keys": ["b"]}
    assert list(keys.names("n", "")) == ["a", "b", "c"]


def test_a_repeat_of_an_attempt_counts_once_and_another_attempt_again(plugin: Plugin) -> None:
    for _ in range(3):
        assert run(plugin, operation="increment", key="k")["value"] == 1
    second = context(seed="execution/task/2")
    assert run(plugin, second, operation="increment", key="k", by=0.5)["value"] == 1.5
    other = replace(context(), idempotency_key="another")
    assert run(plugin, other, operation="increment", key="k")["value"] == 2.5


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"operation": "get"}, "invalid_properties"),
        ({"operation": "set", "key": "k"}, "invalid_properties"),
        ({"operation": "increment", "key": "k", "by": "1"}, "invalid_properties"),
        ({"operation": "increment", "key": "k", "by": True}, "invalid_properties"),
        ({"operation": "append", "key": "k"}, "invalid_properties"),
        ({"operation": "get", "key": "a b"}, "invalid_value"),
        ({"operation": "get", "key": ""}, "invalid_value"),
        ({"operation": "list", "key": "/"}, "invalid_value"),
        ({"operation": "get", "key": "k", "namespace": "N"}, "invalid_value"),
        ({"operation": "set", "key": "k", "value": 1, "namespace": "system"}, "invalid_value"),
        ({"operation": "set", "key": "k", "value": "x" * 262_143}, "invalid_value"),
        ({"operation": "set", "key": "k", "value": 1, "ttl": "0s"}, "invalid_value"),
        ({"operation": "increment", "key": "k", "default": "0"}, "invalid_value"),
        ({"operation": "increment", "key": "k", "default": 1e16, "by": 0.1}, "invalid_value"),
    ],
)
def test_what_cannot_be_done_fails_the_task(
    plugin: Plugin, keys: KvService, properties: dict[str, Any], code: str
) -> None:
    with pytest.raises(PluginError) as caught:
        run(plugin, **properties)

    assert caught.value.code == code
    assert list(keys.names("n", "")) == []


def test_a_secret_is_masked_in_a_value_and_refused_in_a_name(
    plugin: Plugin, keys: KvService
) -> None:
    lines = Lines()
    within = replace(context(log=lines), mask=Masking(["s3cret-token"]).tree)
    value = {"auth": "Bearer s3cret-token", "n": 1}

    told = run(plugin, within, operation="set", key="k", value=value)

    assert told["value"] == {"auth": "Bearer ******", "n": 1}
    assert keys.get("n", "k").value == told["value"]
    assert [level for level, _ in lines.written] == ["WARNING"]
    with pytest.raises(PluginError, match="key holds a secret"):
        run(plugin, within, operation="get", key="s3cret-token")


class Broken(InMemoryKeys):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def read(self, namespace: str, key: str) -> StoredKey | None:
        del namespace, key
        raise self.error


def client_error(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetItem")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("ThrottlingException", 400), UnavailableError),
        (client_error("InternalServerError", 500), UnavailableError),
        (ConnectTimeoutError(endpoint_url="https://store"), UnavailableError),
        (client_error("AccessDeniedException", 400), ClientError),
    ],
)
def test_a_store_out_of_reach_is_nobodys_fault(error: Exception, expected: type[Exception]) -> None:
    broken = KvTask(lambda _tenant: service_of(Broken(error), HandClock()))

    with pytest.raises(expected):
        broken.run({"operation": "set", "key": "k", "value": 1}, context())
