"""POST /auth/token: the login of machine clients."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Depends
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from shared.auth.clients.models import ClientCredentials, ClientToken
from shared.auth.clients.tokens import ClientTokens, client_tokens
from shared.http.bodies import RequiredRawBody
from shared.http.responses import source_ip
from shared.validation import parse_body

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # theirs

Tokens = Annotated[ClientTokens, Depends(client_tokens)]


@router.post("/auth/token", summary="Log in as a machine client, by its secret")
def create_token(tokens: Tokens, body: RequiredRawBody[ClientCredentials]) -> ClientToken:
    return tokens.make(parse_body(ClientCredentials, body), source_ip(router))
