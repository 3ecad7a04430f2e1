"""HTTP resources /users, /people and /me, and what is invoked without HTTP."""

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Depends, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.users.operations import operate
from functions.users.services import local_people, user_service
from shared.auth.principal import PrincipalKind, Role
from shared.auth.users.models import (
    Group,
    Me,
    PasswordChange,
    Person,
    User,
    UserFilter,
    UserPatch,
)
from shared.auth.users.service import UserService
from shared.http.app import http_app, http_handler
from shared.http.bodies import RequiredRawBody
from shared.http.caller import Caller
from shared.http.headers import IfMatchHeader
from shared.http.idempotency import IdempotentRoute
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit
from shared.http.responses import answer, answer_page, no_content, source_ip
from shared.validation import parse_body

app = http_app()
once = IdempotentRoute(app)

Users = Annotated[UserService, Depends(user_service)]
Beginning = Annotated[
    str, Query(max_length=100, pattern="^[A-Za-z0-9._@+-]*$", description="How the name begins.")
]


@app.get("/api/v1/me", summary="Read who calls")
def get_me(caller: Caller) -> Me:
    return Me(
        username=caller.name,
        kind=caller.kind,
        role=caller.role,
        groups=tuple(sorted(caller.groups)),
        tenant=caller.tenant,
        expires_at=caller.expires_at,
    )


@app.get("/api/v1/people", summary="List whom one can name, by name")
def list_people(
    caller: Caller,
    q: Beginning = "",
    group: Group | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[Person]]:
    if caller.kind is PrincipalKind.LOCAL:
        return answer_page(app, local_people(q, group))
    return answer_page(app, user_service(caller).people(q, group, limit, cursor))


@app.get("/api/v1/users", summary="List users, newest first")
def list_users(
    users: Users,
    role: Role | None = None,
    group: Group | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[list[User]]:
    return answer_page(app, users.page(UserFilter(role=role, group=group), limit, cursor))


@app.get("/api/v1/users/<username>", summary="Read a user")
def get_user(username: str, users: Users) -> Response[User]:
    return _shown(users.get(username))


@app.put("/api/v1/users/<username>", summary="Save role and groups of a user, or disable it")
def replace_user(
    username: str, users: Users, body: RequiredRawBody[UserPatch], if_match: IfMatchHeader = None
) -> Response[User]:
    return _shown(users.replace(username, parse_body(UserPatch, body), if_match))


@app.post(
    "/api/v1/users/<username>/password",
    summary="Set one's own password, or as an admin another's",
    status_code=HTTPStatus.NO_CONTENT,
    middlewares=[once],
)
def set_password(
    username: str,
    users: Users,
    caller: Caller,
    body: RequiredRawBody[PasswordChange],
    if_match: IfMatchHeader = None,
) -> Response[None]:
    users.set_password(
        username,
        parse_body(PasswordChange, body),
        caller=caller,
        address=source_ip(app),
        if_match=if_match,
        keep=once.keep(_done),
    )
    return no_content()


def _shown(user: User) -> Response[User]:
    return answer(user, version=user.version)


def _done(_: None) -> Response[None]:
    return no_content()


_answer_http = http_handler(app)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a request of the gateway, which is never anything else, or do an operation."""
    if "requestContext" in event:
        return _answer_http(event, context)
    return operate(event, context)
