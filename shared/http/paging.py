"""The query parameters of lists, and the link to a next page."""

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler.openapi.params import Query

MAX_LIMIT = 500
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most so many items.")]
Cursor = Annotated[
    str | None, Query(description="Where to go on, from the link of the page before.")
]
View = Annotated[
    Literal["summary"] | None, Query(description="`summary` leaves out what is large.")
]
SEVERAL = Query(description="One, or several with commas between.")
DEFAULT_LIMIT = 50


def next_link(path: str, query: Mapping[str, str], cursor: str) -> str:
    """Write the `Link` header to the next page, with the other query parameters kept."""
    parameters = {**query, "cursor": cursor}
    return f'<{path}?{urlencode(parameters)}>; rel="next"'
