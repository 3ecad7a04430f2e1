"""The fixture of the tests of /flows."""

from collections.abc import Iterator

import pytest

from functions.flows import handler
from functions.flows.services import flow_service
from tests.support.flows_api import Api


@pytest.fixture
def api() -> Iterator[Api]:
    made = Api()
    handler.app.dependency_overrides[flow_service] = lambda **_: made.service
    yield made
    handler.app.dependency_overrides.clear()
