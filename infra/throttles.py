"""The rates of routes: logins are for people's fingers, starts cost more than what is read."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

LOGINS = "POST /auth/"
"""The beginning of each route that takes or gives a credential."""
STARTS = ("POST /api/v1/flows/{flow_id}/execute", "POST /api/v1/executions")


class Rates(NamedTuple):
    """Requests a second to a route: one that logs in, one that starts, any other.

    API Gateway lets as many through at once as twice a second's, before it counts; and it aims at
    a rate, without a promise.
    """

    login: int = 10
    starts: int = 200
    rest: int = 500

    def of(self, routes: Iterable[str]) -> Mapping[str, int]:
        """Return the rates by route, of those that do not share in the rest's."""
        rates = {route: self.login for route in routes if route.startswith(LOGINS)}
        return rates | {route: self.starts for route in routes if route in STARTS}
