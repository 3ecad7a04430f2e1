"""The form of path parameters in the OpenAPI document: what has another names nothing (404)."""

from collections.abc import Mapping
from typing import Any

from shared.auth.users.models import NAME_PATTERN as USERNAME_PATTERN
from shared.flows.models import MAX_NAME_LENGTH, NAME_PATTERN
from shared.ids import ID_PATTERN
from shared.kv.models import KEY_PATTERN, MAX_KEY_LENGTH
from shared.names import MAX_NAMESPACE_LENGTH, NAMESPACE_PATTERN

Json = dict[str, Any]

_ID: Json = {"pattern": ID_PATTERN}
_NAMESPACE: Json = {"pattern": NAMESPACE_PATTERN, "maxLength": MAX_NAMESPACE_LENGTH}
FORMS: Mapping[str, Json] = {
    "flow_id": _ID,
    "execution_id": _ID,
    "approval_id": _ID,
    "credential_id": _ID,
    "client_id": _ID,
    "namespace": _NAMESPACE,
    "name": {"pattern": NAME_PATTERN, "maxLength": MAX_NAME_LENGTH},
    "key": {"pattern": KEY_PATTERN, "maxLength": MAX_KEY_LENGTH},
    "username": {"pattern": USERNAME_PATTERN},
    "revision": {"pattern": "^[1-9][0-9]{0,7}$"},
    "plugin_id": {"pattern": r"^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*$"},
}


def form_of(path: str, parameter: Json) -> Json:
    """Return what the document adds to the schema of a parameter: nothing but to those of paths."""
    if parameter["in"] != "path":
        return {}
    return _NAMESPACE if path.endswith("/namespaces/{name}") else FORMS[parameter["name"]]
