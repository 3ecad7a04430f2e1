"""Fixtures of the tests that run on moto."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from shared.observability import logger
from tests.support.fixtures import Finished, Seen
from tests.support.stack import MotoStack
from tests.support.tables import Tables, made_tables
from tests.support.template import Template


@pytest.fixture(scope="module")
def tables_of_module(template: Template) -> Iterator[Tables]:
    """Tables without the platform round them, made once for a module."""
    with made_tables(template) as tables:
        yield tables


@pytest.fixture
def tables(tables_of_module: Tables) -> Tables:
    """The same with nothing in them."""
    tables_of_module.clear()
    return tables_of_module


@pytest.fixture
def create_flow(moto_stack: MotoStack) -> Any:
    """Save a flow's text under its own name and answer the flow."""

    def create(text: str, **envelope: Any) -> Any:
        answer = moto_stack.api("POST", "/api/v1/flows", {"yamlContent": text, **envelope})
        assert answer.status == 201, answer.body
        return answer.body

    return create


@pytest.fixture
def execute(moto_stack: MotoStack) -> Any:
    """Start an execution of a saved flow and answer its id."""

    def start(flow_id: str, body: Any = None, **headers: str) -> str:
        path = f"/api/v1/flows/{flow_id}/execute"
        answer = moto_stack.api("POST", path, body, headers)
        assert answer.status == 202, answer.body
        return str(answer.body["executionId"])

    return start


@pytest.fixture
def run(moto_stack: MotoStack, create_flow: Any, execute: Any) -> Finished:
    """Save a flow, run it to its end, and read everything back."""

    def run_text(
        text: str, inputs: dict[str, Any] | None = None, *, decision: str | None = None
    ) -> Seen:
        execution_id = execute(create_flow(text)["id"], {"inputs": inputs or {}})
        if decision:
            path = f"/api/v1/approvals/{moto_stack.wait_for_approval(execution_id)['id']}"
            answer = moto_stack.api("POST", f"{path}/{decision}")
            assert answer.status == 200, answer.body
        detail = moto_stack.wait_for_execution(execution_id)
        path = f"/api/v1/executions/{execution_id}"
        results = moto_stack.api("GET", f"{path}/results").body
        return Seen(detail, results, moto_stack.api("GET", f"{path}/logs").body)

    return run_text


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that the platform's own log holds, tracebacks included."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    yield written
    logger.handlers.remove(handler)
