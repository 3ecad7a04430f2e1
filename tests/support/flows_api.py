"""The handler of /flows over flows in memory, and how its refusals are read."""

from typing import Any

from functions.flows import handler
from tests.support.api import Answer, call
from tests.support.flows import InMemoryFlows, service_over

FLOWS = "/api/v1/flows"


class Api:
    """The handler over its own flows."""

    def __init__(self) -> None:
        self.flows = InMemoryFlows()
        self.service = service_over(self.flows)

    def __call__(
        self, method: str, path: str = "", body: Any = None, headers: Any = None
    ) -> Answer:
        return call(handler.lambda_handler, method, FLOWS + path, body, headers)

    def made(self, text: str = "a", **fields: Any) -> Any:
        found = self("POST", "", {"yamlContent": text, **fields})
        assert found.status == 201, found.text
        return found.json

    def changed(self, flow_id: str, text: str, **fields: Any) -> Any:
        found = self("PUT", f"/{flow_id}", {"yamlContent": text, **fields})
        assert found.status == 200, found.text
        return found.json


def refused(found: Answer, status: int, code: str) -> Any:
    assert (status, code) == (found.status, found.json["code"]), found.text
    return found.json
