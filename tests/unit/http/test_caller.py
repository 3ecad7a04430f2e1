"""The caller of a request: told from its token, held against the role matrix."""

from typing import Any

import pytest

from shared.auth.policy import EDITOR, NONE, VIEWER_OR_THEIRS
from shared.config import settings
from shared.http.app import Handler, http_app, http_handler
from shared.http.caller import Caller
from tests.support.api import call
from tests.support.events import claims_of

POLICY = {
    "PUT /things/{thing_id}": EDITOR,
    "GET /inbox": VIEWER_OR_THEIRS,
    "GET /open": NONE,
    "GET /wrong": NONE,
}


@pytest.fixture
def handler() -> Handler:
    app = http_app(POLICY)

    @app.put("/things/<thing_id>")
    def write(thing_id: str, caller: Caller) -> dict[str, Any]:
        return {"id": thing_id, "by": caller.name, "tenant": caller.tenant}

    @app.get("/inbox")
    def inbox(caller: Caller) -> dict[str, Any]:
        return {"of": caller.name}

    @app.get("/open")
    def look() -> dict[str, Any]:
        return {}

    @app.get("/wrong")
    def look_who(caller: Caller) -> dict[str, Any]:
        return {"by": caller.name}

    @app.get("/forgotten")
    def forgotten() -> dict[str, Any]:
        return {}

    return http_handler(app)


def test_a_route_knows_who_calls_it(handler: Handler):
    answer = call(handler, "PUT", "/things/1", claims=claims_of("ann", "editor", tenant="acme"))

    assert answer.json == {"id": "1", "by": "ann", "tenant": "acme"}


def test_nobody_is_let_in_without_a_token(handler: Handler):
    answer = call(handler, "PUT", "/things/1", claims=None)

    assert (answer.status, answer.json["code"]) == (401, "invalid_token")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_that_is_over_is_refused(handler: Handler):
    claims = {**claims_of("ann", "editor"), "exp": "1"}

    assert call(handler, "PUT", "/things/1", claims=claims).status == 401


def test_a_role_too_low_is_told_which_one_it_takes(handler: Handler):
    answer = call(handler, "PUT", "/things/1", claims=claims_of("ann", "executor"))

    assert (answer.status, answer.json["code"]) == (403, "forbidden")
    assert answer.json["detail"] == "this takes the role editor, and yours is executor"


def test_the_token_is_looked_at_before_the_request(handler: Handler):
    refused = call(handler, "PUT", "/things/1?nope=1", {"nope": 1}, claims=None)
    too_low = call(handler, "PUT", "/things/1?nope=1", claims=claims_of("ann", "viewer"))
    let_in = call(handler, "PUT", "/things/1?nope=1", claims=claims_of("ann", "editor"))

    assert [refused.status, too_low.status, let_in.status] == [401, 403, 400]


def test_participants_may_call_what_shows_them_theirs(handler: Handler):
    participant = claims_of("ann", "participant")

    assert call(handler, "GET", "/inbox", claims=participant).status == 200
    assert call(handler, "PUT", "/things/1", claims=participant).status == 403


def test_everybody_may_call_what_takes_no_role(handler: Handler):
    assert call(handler, "GET", "/open", claims=None).status == 200
    assert call(handler, "GET", "/open", claims={"token_use": "id"}).status == 200


def test_what_takes_no_role_never_meets_the_caller_before(handler: Handler):
    call(handler, "GET", "/inbox", claims=claims_of("ann", "viewer"))

    assert call(handler, "GET", "/wrong", claims=None).status == 401


def test_a_route_without_a_row_is_closed(handler: Handler):
    assert call(handler, "GET", "/forgotten").status == 500


def test_a_stack_without_auth_has_one_caller(handler: Handler, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HEADRACE_AUTH", "off")
    settings.cache_clear()
    try:
        answer = call(handler, "PUT", "/things/1", claims=None)
    finally:
        monkeypatch.undo()
        settings.cache_clear()

    assert answer.json == {"id": "1", "by": "local", "tenant": "default"}
