"""HTTP resource /kv."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Depends, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from shared.http.app import http_app, http_handler
from shared.http.bodies import RequiredRawBody
from shared.http.caller import Caller
from shared.http.headers import IfMatchHeader, IfNoneMatchHeader, is_only_new
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit
from shared.http.responses import answer, answer_page, no_content
from shared.kv.models import KeyDraft, KeyEntry, KeyPrefix, ListedKey
from shared.kv.service import KvService, kv_service
from shared.validation import parse_body

app = http_app()


def keys_of(caller: Caller) -> KvService:
    return kv_service(caller.tenant)


Keys = Annotated[KvService, Depends(keys_of)]
Prefix = Annotated[KeyPrefix, Query(description="How the keys begin.")]


@app.get("/api/v1/kv/<namespace>", summary="List keys, alphabetically, without their values")
def list_keys(
    namespace: str,
    keys: Keys,
    prefix: Prefix = "",
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[ListedKey]]:
    return answer_page(app, keys.page(namespace, prefix, limit, cursor))


@app.get("/api/v1/kv/<namespace>/<key>", summary="Read a key")
def get_key(namespace: str, key: str, keys: Keys) -> Response[KeyEntry]:
    return _shown(keys.get(namespace, key))


@app.put("/api/v1/kv/<namespace>/<key>", summary="Keep a value, and for how long")
def put_key(
    namespace: str,
    key: str,
    keys: Keys,
    body: RequiredRawBody[KeyDraft],
    if_match: IfMatchHeader = None,
    if_none_match: IfNoneMatchHeader = None,
) -> Response[KeyEntry]:
    only_new = is_only_new(if_none_match)
    draft = parse_body(KeyDraft, body)
    return _shown(keys.put(namespace, key, draft, if_match, only_new=only_new))


@app.delete(
    "/api/v1/kv/<namespace>/<key>", summary="Forget a key", status_code=HTTPStatus.NO_CONTENT
)
def delete_key(
    namespace: str, key: str, keys: Keys, if_match: IfMatchHeader = None
) -> Response[None]:
    keys.delete(namespace, key, if_match)
    return no_content()


def _shown(entry: KeyEntry) -> Response[KeyEntry]:
    return answer(entry, version=entry.version)


lambda_handler = http_handler(app)
