"""The rates of routes: logins are for people's fingers, starts cost more than what is read.

What is half a megabyte and open to everybody has the lowest but that of logins: at the rate of the
rest whoever likes could have the account pay for 250 MB a second.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

LOGINS = "POST /auth/"
"""The beginning of each route that takes or gives a credential."""
STARTS = ("POST /api/v1/flows/{flow_id}/execute", "POST /api/v1/executions")
DOCUMENTS = ("GET /openapi.json", "GET /docs", "GET /docs/plugins/{plugin_id}")
"""The long answers that take no token."""


class Rates(NamedTuple):
    """Requests a second to a route: one that logs in, starts, tells of the API, any other.

    API Gateway lets as many through at once as twice a second's, before it counts; and it aims at
    a rate, without a promise.
    """

    login: int = 10
    starts: int = 200
    documents: int = 20
    rest: int = 500

    def of(self, routes: Iterable[str]) -> Mapping[str, int]:
        """Return the rates by route, of those that do not share in the rest's."""
        rates = {route: self.login for route in routes if route.startswith(LOGINS)}
        rates |= {route: self.starts for route in routes if route in STARTS}
        return rates | {route: self.documents for route in routes if route in DOCUMENTS}
