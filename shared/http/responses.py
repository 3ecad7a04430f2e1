"""Answers of routes: status, headers, ETag, the link to a next page."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from shared.http.paging import next_link
from shared.paging import Item, Page
from shared.validation import etag

Content = TypeVar("Content")


def answer(
    body: Content,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    version: int | None = None,
    beside: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response[Content]:
    """Answer JSON with an ETag made of `version`, and with more headers if there are any.

    `beside` is in the ETag too: what the body shows and no write changes.
    """
    tagged = {} if version is None else {"ETag": etag(version, beside)}
    return Response(
        status_code=status,
        content_type="application/json",
        body=body,
        headers={**tagged, **(headers or {})},
    )


def answer_page(
    app: APIGatewayHttpResolver | APIGatewayHttpRouter, page: Page[Item]
) -> Response[list[Item]]:
    """Answer a page as a bare array; the next one is in `Link`."""
    event = app.current_event
    more = next_link(event.path, event.query_string_parameters, page.next) if page.next else None
    return answer(list(page.items), headers={"Link": more} if more else None)


def no_content() -> Response[None]:
    return Response(status_code=HTTPStatus.NO_CONTENT, body=None)


def source_ip(app: APIGatewayHttpResolver | APIGatewayHttpRouter) -> str:
    """Return the address that a request came from, as the gateway saw it."""
    return str(app.current_event.raw_event["requestContext"]["http"].get("sourceIp", ""))
