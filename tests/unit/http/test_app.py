"""Requests in, answers out: what every route of every function does alike."""

import json
from base64 import b64encode
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import quote

import pytest
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from botocore.exceptions import ClientError, ConnectTimeoutError
from pydantic import BaseModel, ConfigDict

from shared import errors
from shared.http.app import http_app, http_handler
from shared.http.bodies import RawBody, json_or_yaml
from shared.http.headers import (
    CorrelationIdHeader,
    IdempotencyKeyHeader,
    IfMatchHeader,
    checked_correlation_id,
    checked_idempotency_key,
)
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit
from shared.http.problems import STATUS_BY_ERROR, status_of
from shared.http.responses import answer, no_content
from shared.ids import is_id
from shared.validation import check_if_match, parse_body
from tests.support.api import ANY_ROUTE, Answer, Context, call
from tests.support.events import api_event

JSON = {"content-type": "application/json"}


class Draft(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    size: int = 0


class Throwing:
    """Raises what a test put here."""

    error: Exception = RuntimeError("secret")


app = http_app(ANY_ROUTE)
handler = http_handler(app)


@app.post("/things", status_code=HTTPStatus.CREATED)
def create_thing(draft: Draft) -> Response[Draft]:
    return answer(draft, HTTPStatus.CREATED, version=7, headers={"Location": "/things/1"})


@app.post("/raw")
def create_raw(
    body: RawBody[Draft] = None,
    key: IdempotencyKeyHeader = None,
    correlation_id: CorrelationIdHeader = None,
) -> dict[str, Any]:
    checked = checked_idempotency_key(key)
    return {
        "raw": body,
        "key": checked,
        "correlationId": checked_correlation_id(correlation_id),
        "name": parse_body(Draft, body).name,
    }


@app.post("/texts", openapi_extensions={"requestBody": json_or_yaml("Draft")})
def create_text(body: RawBody[Draft] = None) -> dict[str, Any]:
    return {"raw": body}


@app.get("/things")
def list_things(
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    status: Literal["a", "b"] | None = None,
    q: Annotated[str | None, Query(min_length=1)] = None,
) -> dict[str, Any]:
    return {"limit": limit, "cursor": cursor, "status": status, "q": q}


@app.get("/things/<thing_id>")
def get_thing(thing_id: str) -> dict[str, Any]:
    return {"id": thing_id}


@app.delete("/things/<thing_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_thing(thing_id: str, if_match: IfMatchHeader = None) -> Response[None]:
    check_if_match(if_match, len(thing_id))
    return no_content()


@app.get("/broken")
def read_broken() -> dict[str, Any]:
    raise Throwing.error


@app.get("/lying")
def read_lying() -> Draft:
    return {"size": "no name"}  # type: ignore[return-value]  # what a mistake of ours looks like


def refused(found: Answer, status: int, code: str) -> Any:
    assert (status, code) == (found.status, found.json["code"])
    assert found.headers["content-type"] == "application/problem+json"
    assert found.json["type"] == "about:blank"
    assert found.json["title"] == HTTPStatus(status).phrase
    assert found.json["status"] == status
    assert found.json["requestId"] == found.headers["x-request-id"]
    return found.json


def test_a_good_request_is_answered_with_its_etag_and_headers() -> None:
    found = call(handler, "POST", "/things", {"name": "x"})

    assert found.status == 201
    assert found.json == {"name": "x", "size": 0}
    assert found.headers["etag"] == '"7"'
    assert found.headers["location"] == "/things/1"


def test_unknown_and_missing_fields_are_all_named_with_a_suggestion() -> None:
    found = refused(call(handler, "POST", "/things", {"nmae": "x"}), 400, "invalid_request")

    assert found["errors"] == [
        {"path": "name", "message": "is required", "line": None, "column": None},
        {
            "path": "nmae",
            "message": 'unknown field "nmae", did you mean "name"?',
            "line": None,
            "column": None,
        },
    ]


def test_a_missing_body_is_named() -> None:
    found = refused(call(handler, "POST", "/things"), 400, "invalid_request")

    assert found["errors"][0]["message"] == "a JSON body is required"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"name": "x",}', "not valid JSON"),
        ("", "a JSON body is required"),
        ('[{"name": "x"}]', "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"name": "x", "name": "y"}', 'the key "name" occurs twice'),
        ('{"name": "x", "size": NaN}', "NaN"),
        ('{"name": "x", "size": 1e999}', "too large"),
        ('{"name": "x", "size": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{"name": "x", "size": 1e-400}', "1e-400 cannot be held as a number"),
        ('{"name": "x", "size": 9007199254740993.0}', "the nearest is 9007199254740992"),
        ('{"name": "x", "size": 1_000}', "not valid JSON"),
        ('{"name": {"a": {"b": 1, "b": 1}}}', 'the key "b" occurs twice'),
        ('{"name": "\\ud800"}', "surrogate"),
        ('{"name": ' * 100_000, "nested too deeply"),
        ('{"name": ' + "[" * 200 + "]" * 200 + "}", "nested too deeply"),
    ],
)
def test_a_body_that_is_no_clean_json_is_refused(body: Any, detail: str) -> None:
    found = call(handler, "POST", "/things", body, JSON)

    assert found.status == 400
    assert detail in (found.text or "").replace('\\"', '"')


def test_malformed_json_tells_line_and_column() -> None:
    found = refused(
        call(handler, "POST", "/things", '{"name":\n "x",}', JSON), 400, "malformed_body"
    )

    assert (found["errors"][0]["line"], found["errors"][0]["column"]) == (2, 6)


def test_a_surrogate_pair_and_a_wide_flat_body_are_fine() -> None:
    wide = '{"name": "\\ud83d\\ude00", "size": 1' + " " * 500 + "}"

    assert call(handler, "POST", "/things", wide, JSON).json["name"] == "😀"
    nested = json.dumps({"name": "x", "size": [{} for _ in range(200)]})
    assert call(handler, "POST", "/raw", nested, JSON).status == 400  # size alone is wrong


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (b64encode(b'\xef\xbb\xbf{"name": "x"}').decode(), 201, ""),
        (b64encode(b'{"name": "\xff"}').decode(), 400, "not UTF-8 at byte 10"),
        ("no base64!", 400, "cannot be decoded"),
    ],
)
def test_a_base64_body_is_decoded_and_a_broken_one_refused(
    body: str, status: int, detail: str
) -> None:
    event = {**api_event("POST", "/things", None, JSON), "isBase64Encoded": True, "body": body}
    context: Any = Context()

    found = handler(event, context)

    assert found["statusCode"] == status
    assert detail in found["body"]


@pytest.mark.parametrize("kind", [{}, {"content-type": "application/x-www-form-urlencoded"}])
def test_a_body_of_another_type_is_refused(kind: dict[str, str]) -> None:
    found = call(handler, "POST", "/things", '{"name": "x"}', kind)

    detail = refused(found, 415, "unsupported_media_type")["detail"]
    assert detail == "send the body with the Content-Type application/json"


def test_a_body_of_another_type_is_told_of_yaml_where_that_is_taken() -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}

    found = call(handler, "POST", "/texts", "name: x", kind)

    detail = refused(found, 415, "unsupported_media_type")["detail"]
    assert detail == "send the body with the Content-Type application/json or application/yaml"


def test_a_body_of_two_mebibytes_is_refused() -> None:
    body = json.dumps({"name": "x" * 2 * 1024 * 1024})

    refused(call(handler, "POST", "/things", body, JSON), 413, "body_too_large")


def test_a_raw_body_is_seen_before_it_is_validated() -> None:
    found = call(handler, "POST", "/raw", {"nmae": 1}, {"Idempotency-Key": ""})
    refused(found, 400, "invalid_idempotency_key")

    found = call(handler, "POST", "/raw", {"nmae": 1}, {"Idempotency-Key": "k"})
    assert "did you mean" in refused(found, 400, "invalid_request")["errors"][1]["message"]

    found = call(handler, "POST", "/raw", {"name": "x"}, {"X-Correlation-Id": "c-1"})
    assert found.json == {"raw": {"name": "x"}, "key": None, "correlationId": "c-1", "name": "x"}


@pytest.mark.parametrize("key", ["", "k" * 256, "k" * 300, "a b", "a\tb", "é"])
def test_a_bad_idempotency_key_is_refused(key: str) -> None:
    refused(
        call(handler, "POST", "/raw", {"name": "x"}, {"Idempotency-Key": key}),
        400,
        "invalid_idempotency_key",
    )


def test_a_key_of_255_characters_and_one_with_commas_are_kept_as_they_are() -> None:
    for key in ("k" * 255, "a,b,c"):
        found = call(handler, "POST", "/raw", {"name": "x"}, {"Idempotency-Key": key})
        assert found.json["key"] == key


def test_a_bad_correlation_id_is_refused() -> None:
    found = call(handler, "POST", "/raw", {"name": "x"}, {"X-Correlation-Id": "c" * 129})

    assert refused(found, 400, "invalid_request")["errors"][0]["path"] == "header.X-Correlation-Id"


def test_query_parameters_have_defaults_and_keep_their_commas() -> None:
    found = call(handler, "GET", "/things?q=a,b&status=a")

    assert found.json == {"limit": 50, "cursor": None, "status": "a", "q": "a,b"}


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("limit=0", "query.limit"),
        ("limit=501", "query.limit"),
        ("limit=ten", "query.limit"),
        ("limit=1&limit=2", "query.limit"),
        ("status=c", "query.status"),
        ("q=", "query.q"),
        ("lmit=5", "query.lmit"),
    ],
)
def test_wrong_and_unknown_query_parameters_are_refused(query: str, path: str) -> None:
    found = refused(call(handler, "GET", f"/things?{query}"), 400, "invalid_request")

    assert [each["path"] for each in found["errors"]] == [path]


@pytest.mark.parametrize("tag", ['"3"', "*", '"2", "3"', '"3.yaml"', '"2.x","3.1-0-2"', None])
def test_a_write_with_a_matching_etag_goes_through(tag: str | None) -> None:
    headers = {} if tag is None else {"If-Match": tag}
    found = call(handler, "DELETE", "/things/abc", None, headers)

    assert (found.status, found.text) == (204, None)


@pytest.mark.parametrize(
    "tag", ['"2"', "3", 'W/"3"', "", '"2.3"', '"33"', '"3x"', 'W/"3.x"', '"2,3"']
)
def test_a_write_with_another_etag_is_refused(tag: str) -> None:
    found = call(handler, "DELETE", "/things/abc", None, {"If-Match": tag})

    assert "with the quotes" in refused(found, 412, "precondition_failed")["detail"]


def test_a_write_under_a_condition_that_nobody_looks_at_is_refused() -> None:
    found = call(handler, "DELETE", "/things/abc", None, {"If-None-Match": "*"})

    [problem] = refused(found, 400, "invalid_request")["errors"]
    assert problem["path"] == "header.If-None-Match"
    assert "name the ETag that a write asks for in If-Match" in problem["message"]


def test_a_path_without_a_route_is_404_whatever_else_is_wrong() -> None:
    found = call(handler, "POST", "/nope?x=1", "{", JSON)

    assert "GET /docs" in refused(found, 404, "route_not_found")["detail"]


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "a\n",
        "a\r\n",
        "\n",
        'a"b',
        "a?b",
        "a#b",
        "a`b",
        "a\\b",
        "a\0",
        "e\u0301",
        "a b",
        "%",
        "<a>",
    ],
)
def test_a_part_of_a_path_is_all_of_it(part: str):
    found = call(handler, "GET", f"/things/{quote(part)}")

    assert (found.status, found.json) == (200, {"id": part})


def test_a_part_of_a_path_is_not_empty_and_has_no_slash():
    refused(call(handler, "GET", "/things/"), 404, "route_not_found")
    refused(call(handler, "GET", "/things/a/b"), 404, "route_not_found")
    refused(call(handler, "GET", "/things%0A"), 404, "route_not_found")


def test_a_method_without_a_route_is_405_and_tells_what_is_allowed() -> None:
    found = call(handler, "PATCH", "/api/v1/flows")

    detail = refused(found, 405, "method_not_allowed")["detail"]
    assert detail == "PATCH is not allowed here, only GET, POST"
    assert found.headers["allow"] == "GET, POST"


def test_what_nobody_foresaw_is_a_blank_500() -> None:
    Throwing.error = RuntimeError("arn:aws:secret")

    found = call(handler, "GET", "/broken")

    refused(found, 500, "internal_error")
    assert "secret" not in (found.text or "")


def test_an_answer_that_breaks_its_own_schema_is_our_fault() -> None:
    refused(call(handler, "GET", "/lying"), 500, "internal_error")


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "GetItem"),
        ClientError({"Error": {"Code": "ConditionalRequestConflict"}}, "PutObject"),
        ClientError(
            {"Error": {"Code": "Strange"}, "ResponseMetadata": {"HTTPStatusCode": 500}},  # type: ignore[typeddict-item]  # as much as matters
            "GetItem",
        ),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
        errors.UnavailableError("busy"),
    ],
)
def test_a_store_that_is_busy_is_503_and_says_when_to_come_again(error: Exception) -> None:
    Throwing.error = error

    found = call(handler, "GET", "/broken")

    refused(found, 503, "unavailable")
    assert found.headers["retry-after"] == "1"


def test_an_aws_error_of_our_own_making_is_500() -> None:
    Throwing.error = ClientError({"Error": {"Code": "ValidationException"}}, "GetItem")

    refused(call(handler, "GET", "/broken"), 500, "internal_error")


def test_a_request_in_progress_says_when_to_come_again() -> None:
    Throwing.error = errors.IdempotencyInProgressError("wait")

    found = call(handler, "GET", "/broken")

    refused(found, 409, "idempotency_in_progress")
    assert found.headers["retry-after"] == "1"


def test_a_request_id_is_echoed_or_made() -> None:
    assert (
        call(handler, "GET", "/things", None, {"X-Request-Id": "me"}).headers["x-request-id"]
        == "me"
    )
    for bad in ("", "x" * 129, "a b", "a\nb"):
        made = call(handler, "GET", "/things", None, {"X-Request-Id": bad}).headers["x-request-id"]
        assert is_id(made)


@pytest.mark.parametrize(
    ("method", "path", "caching"),
    [
        ("POST", "/things", "no-store"),
        ("POST", "/nowhere", "no-store"),
        ("GET", "/things", "private, no-cache"),
    ],
)
def test_no_cache_keeps_what_is_made_nor_shares_what_is_read(
    method: str, path: str, caching: str
) -> None:
    assert call(handler, method, path).headers["cache-control"] == caching


def test_each_request_is_one_line_with_its_id_and_nothing_of_its_payload(
    caplog: pytest.LogCaptureFixture,
) -> None:
    call(handler, "POST", "/things", {"name": "password"}, {"X-Request-Id": "me"})

    [line] = caplog.records
    assert line.getMessage() == "request"
    shown = vars(line)
    assert (shown["method"], shown["status"], shown["ids"]) == ("POST", 201, {})
    assert shown["durationMs"] >= 0
    assert "password" not in str(shown)


def test_every_error_has_a_status() -> None:
    def tree(kind: type[errors.PlatformError]) -> list[type[errors.PlatformError]]:
        return [kind, *(each for sub in kind.__subclasses__() for each in tree(sub))]

    statuses = {kind.__name__: status_of(kind.__new__(kind)) for kind in tree(errors.PlatformError)}

    assert statuses["FlowNotFoundError"] == 404
    assert statuses["InvalidCursorError"] == 400
    assert [name for name, status in statuses.items() if status == 500] == ["PlatformError"]
    assert set(STATUS_BY_ERROR) <= set(tree(errors.PlatformError))
