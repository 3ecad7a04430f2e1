"""Flows as DynamoDB items: keys, attributes, and texts that are compressed when they are long."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

from shared.flows.models import FlowRecord, FlowRevision, Revision
from shared.times import to_rfc3339

Item = dict[str, Any]

COMPRESS_ABOVE_BYTES = 100_000
"""The length up to which texts stay readable in a console; longer ones are compressed."""

_NESTED = ("labels", "inputs", "envelope", "concurrency")
"""The attributes kept as JSON text: their keys may be empty, and their numbers floats."""


def flow_partition(tenant: str) -> str:
    return f"{tenant}#flows"


def name_partition(tenant: str) -> str:
    return f"{tenant}#flow-names"


def revision_partition(tenant: str, flow_id: str) -> str:
    return f"{tenant}#flow#{flow_id}"


def name_key(flow: FlowRecord) -> str:
    return f"{flow.namespace}/{flow.name}"


def source_key(revision: int) -> str:
    return f"revision#{revision:08d}#source"


def plan_key(revision: int) -> str:
    return f"revision#{revision:08d}#plan"


def flow_item(tenant: str, flow: FlowRecord) -> Item:
    item = flow.model_dump(mode="json", by_alias=True, exclude=set(_NESTED), exclude_none=True)
    nested = flow.model_dump(
        mode="json", by_alias=True, include=set(_NESTED), exclude_defaults=True
    )
    texts = {name: json.dumps(value, ensure_ascii=False) for name, value in nested.items()}
    flow_id = item.pop("id")
    return {"pk": flow_partition(tenant), "sk": flow_id, "flowId": flow_id, **item, **texts}


def flow_record(item: Mapping[str, Any]) -> FlowRecord:
    fields = {name: value for name, value in item.items() if name not in {"pk", "sk", "flowId"}}
    nested = {name: json.loads(fields[name]) for name in _NESTED if name in fields}
    return FlowRecord.model_validate({"id": item["flowId"], **fields, **nested})


def name_item(tenant: str, flow: FlowRecord) -> Item:
    return {"pk": name_partition(tenant), "sk": name_key(flow), "flowId": flow.id}


def source_item(tenant: str, flow_id: str, revision: Revision) -> Item:
    plain = revision.text.encode()
    is_long = len(plain) > COMPRESS_ABOVE_BYTES
    stored = {"packed": zlib.compress(plain)} if is_long else {"text": revision.text}
    said = {} if revision.comment is None else {"comment": revision.comment}
    return {
        "pk": revision_partition(tenant, flow_id),
        "sk": source_key(revision.number),
        "flowId": flow_id,
        "createdAt": to_rfc3339(revision.created_at),
        "createdBy": revision.created_by,
        **said,
        **stored,
    }


def source_text(item: Mapping[str, Any]) -> str:
    if "text" in item:
        return str(item["text"])
    return zlib.decompress(bytes(item["packed"])).decode()


def flow_revision(item: Mapping[str, Any]) -> FlowRevision:
    """Read the content of a `source` item; its number stands in its key."""
    return FlowRevision(
        revision=int(item["sk"].split("#")[1]),
        yaml_content=source_text(item),
        created_at=item["createdAt"],
        created_by=item["createdBy"],
        comment=item.get("comment"),
    )


def plan_item(tenant: str, flow_id: str, revision: int, plan: bytes) -> Item:
    return {
        "pk": revision_partition(tenant, flow_id),
        "sk": plan_key(revision),
        "flowId": flow_id,
        "plan": plan,
    }
