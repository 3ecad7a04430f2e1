"""HTTP resource /auth, at the root of the API."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Depends, Response

from functions.auth.services import registering, user_creation
from shared.auth.principal import Principal
from shared.auth.users.logins import LoginService, login_service
from shared.auth.users.models import User, UserDraft
from shared.auth.users.sessions import LoginDraft, LogoutDraft, RefreshDraft, Renewal, Session
from shared.http.app import http_app, http_handler
from shared.http.bodies import RequiredRawBody
from shared.http.caller import Caller
from shared.http.idempotency import IdempotentRoute
from shared.http.responses import answer, no_content, source_ip
from shared.validation import parse_body

app = http_app()


def registrar() -> Principal:
    return registering(app.current_event.headers.get("authorization"))


once = IdempotentRoute(app, caller=registrar)

Logins = Annotated[LoginService, Depends(login_service)]
Registrar = Annotated[Principal, Depends(registrar)]


@app.post("/auth/login", summary="Log in with a name and a password")
def log_in(logins: Logins, body: RequiredRawBody[LoginDraft]) -> Session:
    return logins.log_in(parse_body(LoginDraft, body), source_ip(app))


@app.post("/auth/refresh", summary="Stay logged in, with the token for the next time")
def refresh(logins: Logins, body: RequiredRawBody[RefreshDraft]) -> Renewal:
    return logins.refresh(parse_body(RefreshDraft, body).refresh_token)


@app.post(
    "/auth/logout", summary="End a login, or all of one's own", status_code=HTTPStatus.NO_CONTENT
)
def log_out(logins: Logins, caller: Caller, body: RequiredRawBody[LogoutDraft]) -> Response[None]:
    logins.log_out(parse_body(LogoutDraft, body), caller)
    return no_content()


@app.post(
    "/auth/register", summary="Make a user", status_code=HTTPStatus.CREATED, middlewares=[once]
)
def register(by: Registrar, body: RequiredRawBody[UserDraft]) -> Response[User]:
    return _created(user_creation(by).create(parse_body(UserDraft, body), once.keep(_created)))


def _created(user: User) -> Response[User]:
    place = {"Location": f"/api/v1/users/{user.username}"}
    return answer(user, HTTPStatus.CREATED, version=user.version, headers=place)


lambda_handler = http_handler(app)
