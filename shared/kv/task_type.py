"""`core.kv`: a task that reads and writes keys.

An increment is noted under its attempt: an attempt that is made again after a crash counts once.
The other operations come to the same when they are made again.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import islice
from typing import Any, Final

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004

from shared.errors import THROTTLES, KeyNotFoundError, UnavailableError
from shared.kv.models import (
    KEY_RULE,
    NAMESPACE_RULE,
    KeyEntry,
    is_key,
    is_namespace,
    read_ttl,
    value_text,
)
from shared.kv.service import Increment, KvService, Put, kv_service
from shared.messages import InvalidValueError, Message
from shared.names import SYSTEM
from shared.plugins.core.kv import MAX_LISTED, PLUGINS
from shared.plugins.sdk.plugin import Plugin, TaskContext
from shared.plugins.sdk.values import invalid, too_large

Properties = Mapping[str, Any]
Outputs = Mapping[str, Any]

SERVER_ERROR: Final = 500


@dataclass(frozen=True)
class _Call:
    """One call: the keys of the tenant, the place in them, and what the task says.

    `most` is how many keys it may list.
    """

    keys: KvService
    namespace: str
    key: str
    properties: Properties
    context: TaskContext
    most: int


@dataclass(frozen=True)
class KvTask:
    """The task type over the keys of whatever tenant a task is of."""

    keys_of: Callable[[str], KvService]
    most: int = MAX_LISTED

    def run(self, properties: Properties, context: TaskContext) -> Outputs:
        keys = self.keys_of(context.tenant)
        namespace, key = _place(properties, context)
        call = _Call(keys, namespace, key, properties, context, self.most)
        with _told_as_unavailable():
            return _OPERATIONS[properties["operation"]](call)


def _get(call: _Call) -> Outputs:
    found = call.keys.find(call.namespace, call.key)
    value = KeyEntry.of(found).value if found else call.properties.get("default")
    return {"value": value, "existed": found is not None}


def _set(call: _Call) -> Outputs:
    value = call.context.mask(call.properties["value"])
    if value != call.properties["value"]:
        call.context.log("WARNING", "the value holds a secret, which is masked in the store")
    try:
        text = value_text(value)
    except InvalidValueError as error:
        raise invalid(Message("value {why}", why=error.message)) from None
    _, existed = call.keys.keep(Put(call.namespace, call.key, text, _ttl(call.properties)))
    return {"value": value, "existed": existed}


def _delete(call: _Call) -> Outputs:
    try:
        call.keys.delete(call.namespace, call.key)
    except KeyNotFoundError:
        return {"existed": False}
    return {"existed": True}


def _list(call: _Call) -> Outputs:
    found = list(islice(call.keys.names(call.namespace, call.key), call.most + 1))
    if len(found) > call.most:
        raise too_large(f"the list of more than {call.most} keys")
    return {"keys": found}


def _increment(call: _Call) -> Outputs:
    properties = call.properties
    increment = Increment(
        call.namespace,
        call.key,
        by=properties.get("by", 1),
        start=properties.get("default", 0),
        ttl=_ttl(properties),
        token=_token(call.context),
    )
    try:
        counted = call.keys.increment(increment)
    except InvalidValueError as error:
        raise invalid(error.message) from None
    return {"value": counted.value, "existed": counted.existed}


_OPERATIONS: Mapping[str, Callable[[_Call], Outputs]] = {
    "get": _get,
    "set": _set,
    "delete": _delete,
    "list": _list,
    "increment": _increment,
}


def _place(properties: Properties, context: TaskContext) -> tuple[str, str]:
    """Return namespace and key; PluginError where they can be none, or would show a secret."""
    key = properties.get("key", "")
    namespace = properties.get("namespace") or _own_namespace(context)
    for name, text in (("key", key), ("namespace", namespace)):
        if context.mask(text) != text:
            raise invalid(f"{name} holds a secret: keys are shown to everybody")
    if not is_namespace(namespace):
        raise invalid(Message('namespace "{name:40}" ' + NAMESPACE_RULE, name=namespace))
    if namespace == SYSTEM:
        raise invalid(f'namespace "{SYSTEM}" is the platform\'s own: choose another')
    is_every_key = properties["operation"] == "list" and not key
    if not (is_every_key or is_key(key)):
        raise invalid(Message('key "{key:40}" ' + KEY_RULE, key=key))
    return namespace, key


def _own_namespace(context: TaskContext) -> str:
    return str(context.scope.roots["flow"]["namespace"])


def _ttl(properties: Properties) -> timedelta | None:
    given = properties.get("ttl")
    if given is None:
        return None
    try:
        return read_ttl(given)
    except InvalidValueError as error:
        raise invalid(Message("ttl: {why}", why=error.message)) from None


def _token(context: TaskContext) -> str:
    """Return what is the same for all repeats of an attempt, and for no other attempt.

    The key that is offered to services is that of all attempts of a task; a scope's seed names one.
    """
    named = f"{context.idempotency_key}/{context.scope.seed}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]


@contextmanager
def _told_as_unavailable() -> Iterator[None]:
    """Turn the errors of a store that is out of reach for now into UnavailableError.

    The turn is made again then, and the attempt with it.
    """
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status < SERVER_ERROR and error.response["Error"].get("Code") not in THROTTLES:
            raise
        raise UnavailableError("the store of keys is busy, try again") from error
    except (ConnectionError, HTTPClientError) as error:
        raise UnavailableError("the store of keys is out of reach, try again") from error


def read_text(tenant: str, namespace: str, key: str) -> str | None:
    """Read what `kv()` finds, as JSON text; None if there is no such key."""
    with _told_as_unavailable():
        found = kv_service(tenant).find(namespace, key)
    return found.text if found else None


@cache
def kv_plugin() -> Plugin:
    """Return `core.kv` with its function."""
    [declared] = PLUGINS
    return Plugin(declared.manifest, KvTask(kv_service).run)
